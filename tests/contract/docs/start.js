// Runs after the API reference. Everything that would leave this origin is off.
window.Scalar.createApiReference('#reference', {
  url: '/openapi.yaml', // the JSON has the same content, but not the order it is meant to be read in
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  documentDownloadType: 'direct',
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
});

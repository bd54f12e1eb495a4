// Starts the API reference. Everything that would leave this origin is off.
'use strict';
window.Scalar.createApiReference('#reference', {
  // A page that was opened from a file cannot read other files: the static export sets the contract.
  ...(window.openapi ? { content: window.openapi } : { url: '/docs/assets/openapi-with-samples.yaml' }),
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  hiddenClients: true, // the contract has samples for our clients
  showDeveloperTools: 'never',
  persistAuth: false,
  documentDownloadType: 'direct',
});

// The reference has links that are only an icon; a screen reader needs a name for them.
new MutationObserver(() => {
  for (const link of document.querySelectorAll('#reference a[href^="http"]:not([aria-label])')) {
    if (link.textContent.trim() === '') link.setAttribute('aria-label', `Contact: ${new URL(link.href).host}`);
  }
}).observe(document.getElementById('reference'), { childList: true, subtree: true });

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

// What neither a setting nor the style sheet can mend for those who use a screen reader or the keyboard. Dialogs are outside of #reference.
function mend() {
  const set = (selector, name, value) => {
    for (const element of document.querySelectorAll(selector)) element.setAttribute(name, typeof value === 'string' ? value : value(element));
  };
  for (const link of document.querySelectorAll('#reference a[href^="http"]:not([aria-label])')) { // only an icon
    if (link.textContent.trim() === '') link.setAttribute('aria-label', `Contact: ${new URL(link.href).host}`);
  }
  set('button[class*="copy-button"]:not([aria-label])', 'aria-label', 'Copy this code'); // its text is hidden until it has the focus
  set('button.show-more[aria-label^="Show all"]', 'aria-label', (button) => `${button.textContent.trim()}: ${button.getAttribute('aria-label')}`);
  set('#reference ul.endpoints:not([tabindex])', 'tabindex', '0'); // scrolls
  set('#reference header:not([role])', 'role', 'none'); // the page has a header
  set('input[role="combobox"]:not([aria-expanded])', 'aria-expanded', 'true'); // the search, whose results are below it
  set('[contenteditable][role="combobox"]:not([aria-expanded])', 'aria-expanded', 'false');
  set('.cm-content[role="textbox"]:not([aria-label])', 'aria-label', 'Request body');
  for (const button of document.querySelectorAll('button[role="none"]')) button.removeAttribute('role');
}
let pending = false;
new MutationObserver(() => {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    mend();
  });
}).observe(document.body, { childList: true, subtree: true });

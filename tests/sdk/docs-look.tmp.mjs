import { chromium } from 'playwright-core';
import { findBrowser } from './browser.mjs';
import { readFileSync } from 'node:fs';
const url = process.env.COUNSEL_URL, axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const browser = await chromium.launch({ executablePath: findBrowser(), args: ['--headless','--no-sandbox','--disable-gpu'] });
for (const [w, scheme] of [[1280,'light'],[390,'dark']]) {
  const ctx = await browser.newContext({ viewport: { width: w, height: 900 }, colorScheme: scheme });
  const page = await ctx.newPage();
  page.on('console', m => { if (m.type()==='error'||m.type()==='warning') console.log('console', m.text()); });
  for (const path of (process.argv[2] ?? '/docs,/docs/errors,/docs/webhooks,/docs/quick-start,/docs/reference').split(',')) {
    await page.goto(url + path, { waitUntil: 'networkidle' });
    if (path.includes('reference')) await page.waitForTimeout(3000);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await page.screenshot({ path: `/tmp/look-${w}-${path.replaceAll('/', '_').replace(/[#?].*/,'')}.png` });
    await page.evaluate(axe).catch(() => {});
    const r = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => `${v.impact} ${v.id} ×${v.nodes.length}: ${v.help} ${v.nodes.slice(0,3).map(n=>n.target+' '+n.html.slice(0,120)).join(' | ')}`)));
    console.log(w, path, 'overflow', over, r);
  }
}
await browser.close();

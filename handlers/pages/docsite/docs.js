// What the pages do if JavaScript is on: copy buttons, the search, and links of earlier versions. They can be read without.
'use strict';
(() => {
  // Until there were guides, the reference was at /docs.
  const reference = document.getElementById('reference-link');
  if (document.querySelector('main.start') && /^#(tag|description|model|webhook)/.test(location.hash)) {
    location.replace(reference.href + location.hash);
    return;
  }

  for (const figure of document.querySelectorAll('figure.code')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy this ${figure.querySelector('figcaption').textContent} code`);
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(figure.querySelector('code').textContent);
        button.textContent = 'Copied';
      } catch { // no permission, or not a secure origin: select it instead
        getSelection().selectAllChildren(figure.querySelector('code'));
        button.textContent = 'Selected';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    figure.append(button);
  }

  const search = document.getElementById('site-search');
  const input = document.getElementById('site-query');
  const results = document.getElementById('site-results');
  const assets = document.currentScript.src.replace(/[^/]*$/, '');
  let loading;
  const load = () => loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${assets}search-index.js`;
    script.onload = () => resolve(window.searchIndex);
    script.onerror = () => { loading = undefined; reject(new Error('the search cannot be loaded')); };
    document.head.append(script);
  });

  /** The sections that contain every word, those with it in the title first. */
  const find = (index, words) => index
    .map((section) => {
      const title = section.title.toLowerCase();
      const text = section.text.toLowerCase();
      if (!words.every((word) => title.includes(word) || text.includes(word))) return undefined;
      return { section, rank: words.filter((word) => title.includes(word)).length };
    })
    .filter(Boolean)
    .sort((a, b) => b.rank - a.rank);

  const show = async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    results.hidden = words.length === 0;
    if (words.length === 0) return;
    const count = document.getElementById('site-count');
    const list = results.querySelector('ul');
    let found;
    try {
      found = find(await load(), words);
    } catch {
      list.replaceChildren();
      count.textContent = 'The search is not available.';
      return;
    }
    count.textContent = found.length === 0 ? 'Nothing found.' : `${found.length} ${found.length === 1 ? 'section' : 'sections'} found`;
    list.replaceChildren(...found.slice(0, 12).map(({ section }) => {
      const a = document.createElement('a');
      a.href = new URL(`../${section.page}${section.id ? `#${section.id}` : ''}`, assets).href;
      a.textContent = section.title;
      const text = document.createElement('p');
      const at = Math.max(0, section.text.toLowerCase().indexOf(words[0]) - 40);
      text.textContent = (at > 0 ? '… ' : '') + section.text.slice(at, at + 140);
      const li = document.createElement('li');
      li.append(a, text);
      return li;
    }));
  };
  search.hidden = false;
  input.addEventListener('input', show);
  input.addEventListener('focus', () => { if (input.value) show(); });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') results.hidden = true;
    if (event.key === '/' && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')) {
      event.preventDefault();
      input.focus();
    }
  });
  document.addEventListener('click', (event) => { if (!search.contains(event.target)) results.hidden = true; });
})();

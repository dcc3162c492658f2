// The page of a model: text in, labels with probabilities and what each word adds out. The C runtime is in WebAssembly.
"use strict";

const PAGE = 65536; // bytes of memory that WebAssembly grows by
const WORD = 16; // bytes of an embdistill_word: start, end, reading, row
const SPELLING = 260; // EMBDISTILL_SPELLING_BYTES
const READINGS = ["known", "corrected", "subwords", "unread"];
const MOST_LABELS = 10; // shown at first
const MOST_WORDS = 500; // whose part is computed
const SLICE = 8; // milliseconds of work between two looks at what was typed
const PAUSE = 700; // milliseconds without a key after which a screen reader is told

const element = id => document.getElementById(id);

class Damaged extends Error {}

// ---- The model: memory is laid out as image, filter of the corrections, then what one text takes ----------------------

class Model {
  constructor(exports, image) {
    this.runtime = exports;
    const heap = aligned(exports.heap());
    this.reserve(heap + image.length);
    this.bytes.set(image, heap);
    const error = exports.open(heap, image.length);
    if (error !== 0) throw new Damaged(this.errorText(error));
    const filter = heap + image.length, size = exports.filter_bytes();
    this.reserve(filter + size);
    exports.make_filter(filter);
    this.free = aligned(filter + size);
    this.relational = exports.is_relational() !== 0;
    this.labels = [];
    for (let i = 0, at = exports.label(0); i < exports.classes(); i++) {
      const label = this.string(at);
      this.labels.push(label.text);
      at = label.end + 1;
    }
  }

  get bytes() { return new Uint8Array(this.runtime.memory.buffer); }

  reserve(end) {
    const missing = end - this.runtime.memory.buffer.byteLength;
    if (missing > 0) this.runtime.memory.grow(Math.ceil(missing / PAGE)); // RangeError if there is no more
  }

  string(at) {
    const bytes = this.bytes, end = bytes.indexOf(0, at);
    return { text: new TextDecoder().decode(bytes.subarray(at, end)), end };
  }

  errorText(error) { return this.string(this.runtime.error_text(error)).text; }

  // Puts a text into memory, and room for its scratch and for `more` bytes behind it.
  place(text, more) {
    const content = new TextEncoder().encode(text.replace(/\p{Surrogate}/gu, "?")); // half letters, as Python has them
    const scratch = aligned(this.free + content.length), size = this.runtime.scratch_bytes(content.length) >>> 0;
    const rest = aligned(scratch + size);
    this.reserve(rest + more);
    this.bytes.set(content, this.free);
    return { content, scratch, size, rest };
  }

  // The logits of a text, a Float32Array (C). Error, in the words of the runtime, for a text without marks.
  logits(text) {
    const { content, scratch, size, rest } = this.place(text, 4 * this.labels.length);
    const error = this.runtime.logits(this.free, content.length, scratch, size, rest);
    if (error !== 0) throw new Error(this.errorText(error));
    return new Float32Array(this.runtime.memory.buffer, rest, this.labels.length).slice();
  }

  // How each word is read: [{text, reading, readAs}].
  read(text) {
    const { content, rest } = this.place(text, 0);
    const count = this.runtime.read_words(this.free, content.length, 0, 0), spelling = rest + WORD * count;
    this.reserve(spelling + SPELLING);
    this.runtime.read_words(this.free, content.length, rest, count);
    const decoder = new TextDecoder();
    return Array.from({ length: count }, (_, i) => {
      const at = rest + WORD * i, [start, end, reading] = new Uint32Array(this.runtime.memory.buffer, at, 3);
      const word = { text: decoder.decode(content.subarray(start, end)), reading: READINGS[reading], readAs: "" };
      if (word.reading === "corrected") {
        const length = this.runtime.spelling(this.free, at, spelling);
        word.readAs = decoder.decode(this.bytes.slice(spelling, spelling + length));
      }
      return word;
    });
  }

  // The logits without each of the words first, ..., first + count - 1 in turn: Float32Arrays (C).
  without(text, first, count) {
    const classes = this.labels.length, { content, scratch, size, rest } = this.place(text, 4 * classes * count);
    this.runtime.leave_out(this.free, content.length, scratch, size, rest, first, count);
    return Array.from({ length: count }, (_, i) =>
      new Float32Array(this.runtime.memory.buffer, rest + 4 * classes * i, classes).slice());
  }
}

function aligned(at) { return Math.ceil(at / 16) * 16; }

function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b)), powers = Array.from(logits, z => Math.exp(z - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map(power => power / total);
}

// ---- Loading ----------------------------------------------------------------------------------------------------------

async function unpacked(id) {
  const letters = atob(element(id).textContent), packed = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) packed[i] = letters.charCodeAt(i); // faster than Uint8Array.from
  const { readable, writable } = new DecompressionStream("deflate"), writer = writable.getWriter();
  const written = writer.write(packed).then(() => writer.close());
  const [content] = await Promise.all([new Response(readable).arrayBuffer(), written]);
  return new Uint8Array(content);
}

async function load() {
  if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") {
    return fail("This page needs WebAssembly, which this browser lacks or has turned off. Open it in a current Firefox, Chrome, Edge or Safari.");
  }
  try {
    const [code, image] = await Promise.all([unpacked("runtime"), unpacked("model")]);
    const { instance } = await WebAssembly.instantiate(code, {});
    return new Model(instance.exports, image);
  } catch (error) {
    if (error instanceof RangeError) return fail("This device has too little memory for the model.");
    return fail(`This page is damaged (${error.message}). Fetch or make it again.`);
  }
}

function fail(problem) {
  element("problem").textContent = problem;
  element("problem").hidden = false;
}

// ---- What is shown ----------------------------------------------------------------------------------------------------

function percent(share) { return `${(100 * share).toFixed(1)} %`; }

function points(share) { return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`; }

function child(parent, tag, name, text = "") {
  const made = parent.appendChild(document.createElement(tag));
  made.className = name;
  made.textContent = text;
  return made;
}

function showLabels(model, probabilities, all) {
  const order = probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]);
  const list = element("labels"), shown = all ? order : order.slice(0, MOST_LABELS);
  while (list.children.length > shown.length) list.lastChild.remove();
  while (list.children.length < shown.length) {
    const line = child(list, "li", "");
    child(line, "bdi", "name");
    child(child(line, "span", "track"), "span", "bar").parentNode.ariaHidden = "true";
    child(line, "span", "number");
  }
  shown.forEach((index, row) => {
    const [name, track, number] = list.children[row].children;
    name.textContent = name.title = model.labels[index];
    track.firstChild.style.setProperty("--share", probabilities[index]);
    number.textContent = percent(probabilities[index]);
  });
  return order[0];
}

function note(word) {
  const read = { corrected: `read as ${word.readAs}`, subwords: "read by its letters", unread: "unknown" };
  return read[word.reading] ?? "";
}

function showWords(words, effects) {
  const largest = Math.max(...effects.map(Math.abs), 1e-300), list = element("words");
  const lines = words.map((word, i) => {
    const line = document.createElement("li"), effect = effects[i];
    line.className = `${word.reading} ${effect === undefined ? "" : effect > 0 ? "for" : "against"}`;
    line.style.setProperty("--share", effect === undefined ? 0 : Math.abs(effect) / largest);
    child(line, "bdi", "word", word.text);
    if (effect !== undefined) child(line, "span", "note", points(effect));
    if (note(word)) child(line, "span", "note", note(word));
    return line;
  });
  list.replaceChildren(...lines);
}

class App {
  constructor(model) {
    this.model = model;
    this.all = false;
    this.turn = 0; // of the text that is shown: work on an earlier one ends
    element("text").addEventListener("input", () => this.update());
    element("more").addEventListener("click", () => this.toggle());
    if (model.relational) {
      element("hint").textContent = "Mark the two entities: the <e1>lamp</e1> of the <e2>kitchen</e2>.";
    }
    element("text").value = this.fromAddress();
    element("app").hidden = false;
    element("text").focus({ preventScroll: true }); // within another page, that one stays where it is
    window.addEventListener("hashchange", () => { element("text").value = this.fromAddress(); this.update(); });
    this.update();
  }

  // page.html#is%20it%20dark opens with a text.
  fromAddress() {
    try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
  }

  toggle() {
    this.all = !this.all;
    this.update();
  }

  update() {
    const text = element("text").value, turn = ++this.turn, empty = text.trim() === "";
    element("problem").hidden = true;
    clearTimeout(this.saying);
    let logits;
    try { if (!empty) logits = this.model.logits(text); } catch (error) {
      fail(error instanceof RangeError ? "This text is too long for the memory of this device." : `This text: ${error.message}.`);
    }
    element("more").hidden = !logits || this.model.labels.length <= MOST_LABELS;
    element("more").textContent = this.all ? "Fewer labels" : `All ${this.model.labels.length} labels`;
    element("more").ariaExpanded = String(this.all);
    element("words-section").hidden = !logits;
    if (!logits) return element("labels").replaceChildren();
    const probabilities = softmax(logits), best = showLabels(this.model, probabilities, this.all);
    this.saying = setTimeout(() => {
      element("said").textContent = `${this.model.labels[best]}, ${percent(probabilities[best])}`;
    }, PAUSE);
    setTimeout(() => this.explain(text, turn, best, probabilities[best]));
  }

  // In slices, so that a key is never kept waiting.
  async explain(text, turn, best, probability) {
    if (turn !== this.turn) return;
    const words = this.model.read(text), count = Math.min(words.length, MOST_WORDS), effects = [];
    const label = this.model.labels[best];
    element("words-note").textContent =
      `What each adds to ${label}, in percentage points: solid line for it, dashed line against it. Words that the model does not know are underlined.`;
    for (let size = 1; effects.length < count;) {
      const begun = performance.now(), first = effects.length;
      const some = this.model.without(text, first, Math.min(size, count - first));
      effects.push(...some.map(logits => probability - softmax(logits)[best]));
      size = Math.max(1, Math.floor(size * SLICE / (performance.now() - begun + 0.1)));
      if (effects.length < count) await new Promise(resume => setTimeout(resume));
      if (turn !== this.turn) return;
    }
    showWords(words.slice(0, count), effects);
    element("words-left").textContent = count < words.length ? `The first ${count} of ${words.length} words.` : "";
  }
}

load().then(model => {
  if (!model) return;
  globalThis.embdistill = model; // for the console, and for tests: embdistill.logits("a text")
  new App(model);
  performance.mark("first label");
});

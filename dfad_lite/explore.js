// What scenes are made of, which run in the page, without a kernel and without a network: elements,
// numbers, networks that answer, pictures. The scenes are in scenes.js, runs.js and plane.js.
//
// `mount(root, data)` builds the scene `data.kind` into the element `root`; explore.py puts both
// into a notebook's output.

export const COLOUR = { teacher: "#0072B2", student: "#D55E00", generator: "#009E73", grey: "#7F7F7F" };

// ---------------------------------------------------------------- elements

/** An element with properties (or attributes) and children. Text goes in as text, never as HTML. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  if (["BUTTON", "INPUT", "SELECT", "CANVAS"].includes(node.tagName))
    node.setAttribute("data-lm-suppress-shortcuts", "true"); // or JupyterLab takes the keys
  node.append(...children);
  return node;
}

export const row = (...nodes) => el("div", { className: "dx-row" }, ...nodes);

export const button = (text, title, onclick) =>
  el("button", { type: "button", textContent: text, title, onclick });

/** A slider; `set(number)` moves it without telling `onchange`. */
export function range(text, { min, max, step = 1, value, show = String }, onchange) {
  const said = el("output", { textContent: show(value) });
  const input = el("input", { type: "range", min, max, step, value, ariaLabel: text });
  const set = (number) => {
    input.value = number;
    said.textContent = show(+input.value);
  };
  input.oninput = () => {
    set(input.value);
    onchange(+input.value);
  };
  return { node: el("label", {}, el("span", { textContent: text }), input, said), input, set };
}

/** A menu of `{value: text}`. */
export function menu(text, options, value, onchange) {
  const entries = Object.entries(options).map(([v, name]) => el("option", { value: v, textContent: name }));
  const select = el("select", {}, ...entries);
  select.value = value;
  select.onchange = () => onchange(select.value);
  return el("label", {}, el("span", { textContent: text }), select);
}

/** Makes controls' functions, which write what is chosen into `state` and then call `update`. */
export const writer = (state, update) => (name) => (value) => {
  state[name] = value;
  update();
};

/** The sentence that says what is to be seen; a screen reader reads it out when it changes. */
export const sentence = () => el("p", { className: "dx-words", ariaLive: "polite" });

/**
 * A canvas that answers pointer, arrow keys and space: `onpoint(x, y, key)` with a place in 0..1,
 * `key` undefined for the pointer. Arrow keys go by `step`; with `hover` no button need be down.
 */
export function board(width, height, label, onpoint, { step = 1 / 40, hover = false } = {}) {
  const canvas = el("canvas", { width, height, ariaLabel: label });
  canvas.setAttribute("role", onpoint ? "application" : "img");
  if (!onpoint) return canvas;
  canvas.tabIndex = 0;
  canvas.style.touchAction = hover ? "pan-y" : "none"; // a finger draws and does not scroll
  const at = [0.5, 0.5];
  const inside = (value) => Math.min(Math.max(value, 0), 1 - 1e-6);
  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    at[0] = inside((event.clientX - box.left) / box.width);
    at[1] = inside((event.clientY - box.top) / box.height);
    onpoint(at[0], at[1]);
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  };
  canvas.onpointermove = (event) => (event.buttons || hover) && follow(event);
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], " ": [0, 0] };
  canvas.onkeydown = (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    at[0] = inside(at[0] + move[0] * step);
    at[1] = inside(at[1] + move[1] * step);
    onpoint(at[0], at[1], event.key);
  };
  return canvas;
}

const CALM = "(prefers-reduced-motion: reduce)";

/**
 * Call `frame` before a repaint, at least `wait` ms apart, while `running()`; returns a function
 * that starts it. Who prefers reduced motion gets a picture a second.
 */
export function loop(running, frame, wait = 0) {
  let [asked, last] = [false, -Infinity];
  const tick = (now) => {
    asked = false;
    if (!running()) return;
    if (now - last >= (matchMedia(CALM).matches ? 1000 : wait)) {
      last = now;
      frame();
    }
    start();
  };
  const start = () => {
    if (!asked) requestAnimationFrame(tick);
    asked = true;
  };
  return start;
}

// ---------------------------------------------------------------- numbers

export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const shorts = (text) => new Int16Array(bytes(text).buffer);
export const floats = (text) => Float64Array.from(new Float32Array(bytes(text).buffer));
/** Numbers kept as int16 with one scale. */
const scaled = ({ scale, values }) => Float32Array.from(shorts(values), (v) => v * scale);
/** Sixteen shades of grey, two to a byte, as 0..255. */
export const shades = (text) => {
  const packed = bytes(text);
  const half = (i) => (packed[i >> 1] >> (4 * (i & 1))) & 15;
  return Uint8Array.from({ length: 2 * packed.length }, (_, i) => 17 * half(i));
};

export function softmax(logits) {
  const top = Math.max(...logits);
  const odds = Array.from(logits, (v) => Math.exp(v - top));
  const sum = odds.reduce((a, b) => a + b);
  return odds.map((v) => v / sum);
}

/** Mean |a - b|. */
export function meanGap(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

export const mean = (values) => values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
export const largest = (values) => values.indexOf(Math.max(...values));
export const percent = (value) => `${(100 * value).toFixed(0)} %`;
export const between = (value, low, high) => Math.min(Math.max(value, low), high);

/** Random numbers that are the same for a seed: uniform in 0..1 (mulberry32), and normal ones. */
export function stream(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, normals: (count) => Float64Array.from({ length: count }, normal) };
}

// ---------------------------------------------------------------- networks, forward only

/** Layers as explore.py packs them, with their weights unpacked. */
export const unpack = (layers) =>
  layers.map((layer) => ({
    ...layer,
    ...(layer.weight && { weight: scaled(layer.weight) }),
    ...(layer.bias && { bias: scaled(layer.bias) }),
  }));

// What each kind of layer makes of `{ x, channels, height, width }`; x is flat, channel by channel.
const OPERATIONS = {
  linear({ weight, bias, outputs, shape }, { x }) {
    const y = new Float32Array(outputs);
    for (let o = 0, w = 0; o < outputs; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < x.length; i++, w++) sum += weight[w] * x[i];
      y[o] = sum;
    }
    const [channels, height, width] = shape || [outputs, 1, 1];
    return { x: y, channels, height, width };
  },
  conv({ weight, bias, outputs, kernel, padding }, { x, channels, height, width }) {
    const [h, w] = [height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1];
    const y = new Float32Array(outputs * h * w);
    let at = 0; // in the weights: (outputs, channels, kernel, kernel)
    for (let o = 0; o < outputs; o++) {
      if (bias) y.fill(bias[o], o * h * w, (o + 1) * h * w);
      for (let c = 0; c < channels; c++)
        for (let u = 0; u < kernel; u++)
          for (let v = 0; v < kernel; v++) {
            const factor = weight[at++];
            const [first, last] = [Math.max(0, padding - v), Math.min(w, width + padding - v)];
            for (let i = Math.max(0, padding - u); i < Math.min(h, height + padding - u); i++) {
              const to = (o * h + i) * w;
              const from = (c * height + i + u - padding) * width + v - padding;
              for (let j = first; j < last; j++) y[to + j] += factor * x[from + j];
            }
          }
    }
    return { x: y, channels: outputs, height: h, width: w };
  },
  /** A factor and a shift a channel: batch norm, once trained. */
  affine({ weight, bias }, now) {
    const area = now.height * now.width;
    return { ...now, x: now.x.map((v, i) => v * weight[(i / area) | 0] + bias[(i / area) | 0]) };
  },
  relu: ({ slope }, now) => ({ ...now, x: now.x.map((v) => (v > 0 ? v : slope * v)) }),
  Tanh: (_, now) => ({ ...now, x: now.x.map(Math.tanh) }),
  /** The largest of 2 x 2 pixels. */
  MaxPool2d(_, { x, channels, height, width }) {
    const [h, w] = [height >> 1, width >> 1];
    const y = new Float32Array(channels * h * w);
    for (let c = 0, to = 0; c < channels; c++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++, to++) {
          const at = (c * height + 2 * i) * width + 2 * j;
          y[to] = Math.max(x[at], x[at + 1], x[at + width], x[at + width + 1]);
        }
    return { x: y, channels, height: h, width: w };
  },
  /** One more pixel on each side, like its neighbour. */
  edge(_, { x, channels, height, width }) {
    const [h, w] = [height + 2, width + 2];
    const y = new Float32Array(channels * h * w);
    for (let c = 0, to = 0; c < channels; c++)
      for (let i = 0; i < h; i++)
        for (let j = 0; j < w; j++, to++)
          y[to] = x[(c * height + between(i - 1, 0, height - 1)) * width + between(j - 1, 0, width - 1)];
    return { x: y, channels, height: h, width: w };
  },
  /** Four channels become 2 x 2 pixels of one. */
  PixelShuffle(_, { x, channels, height, width }) {
    const y = new Float32Array(x.length);
    for (let c = 0, from = 0; c < channels; c++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++, from++) {
          const line = (c >> 2) * 2 * height + 2 * i + ((c & 3) >> 1);
          y[line * 2 * width + 2 * j + (c & 1)] = x[from];
        }
    return { x: y, channels: channels >> 2, height: 2 * height, width: 2 * width };
  },
};

/** What a network says to one input, flat: an image of a shape `(C, H, W)`, or a latent. */
export function forward(network, x, [channels, height, width] = [x.length, 1, 1]) {
  let now = { x, channels, height, width };
  for (const layer of network) now = OPERATIONS[layer.kind](layer, now);
  return now.x;
}

// ---------------------------------------------------------------- pictures

/** Draw 0..255 of an image `(C, H, W)`, grey or of three colours, at a place of a canvas. */
export function paint(canvas, pixels, [channels, height, width], left = 0, top = 0) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const area = height * width;
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[(channels === 3 ? c * area : 0) + i];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, left, top);
}

/** A name with its colour, for a legend. */
export function key(name, colour) {
  const swatch = el("i", { className: "dx-swatch" });
  swatch.style.background = colour;
  return el("span", {}, swatch, name);
}

/** A bar a class for each player; `show(...probabilities)` moves them. */
export function bars(classes, players = ["teacher", "student"]) {
  const node = el("div", { className: "dx-bars" });
  if (players.length > 1) {
    const names = players.map((player) => el("b", { textContent: player, className: `dx-${player}` }));
    node.append(el("span"), el("div", {}, ...names));
  }
  const lines = classes.map((name) => {
    const line = players.map((player) => el("i", { className: `dx-${player}` }));
    node.append(el("span", { textContent: name }), el("div", {}, ...line));
    return line;
  });
  const show = (...probabilities) =>
    lines.forEach((line, k) =>
      line.forEach((bar, who) => (bar.style.width = `${100 * probabilities[who][k]}%`)));
  return { node, show };
}

/**
 * Lines `{ name, colour, values() }` over rounds; `show(place)` draws them anew, with a mark.
 * `high` is the axis's end (else the largest value), `log` its scale, from `low`; places for which
 * `shaded(place)` is true get a tint.
 */
export function chart(title, lines, { low = 0, high, log, shaded } = {}) {
  const canvas = board(600, 240, title);
  const names = lines.map(({ name, colour = "currentColor" }) => key(name, colour));
  const node = el("div", { className: "dx-chart" },
    el("small", { textContent: title }), canvas, el("small", { className: "dx-names" }, ...names));
  const context = canvas.getContext("2d");
  let place; // of the mark
  const show = (mark) => {
    place = mark;
    // Two pixels for each of the page's: sharp when zoomed, and text of one size on every screen.
    canvas.width = 2 * canvas.clientWidth || 600;
    const [start, end, bottom] = [70, canvas.width - 20, canvas.height - 12];
    const drawn = lines.map((line) => line.values());
    const top = high ?? 1.05 * Math.max(1e-9, ...drawn.flatMap((values) => Array.from(values)));
    const share = log ? (v) => Math.log(v / low) / Math.log(top / low) : (v) => (v - low) / (top - low);
    const count = Math.max(2, ...drawn.map((values) => values.length));
    const x = (at) => start + (at / (count - 1)) * (end - start);
    const y = (value) => bottom - share(between(value, low, top)) * (bottom - 16);
    const ink = getComputedStyle(canvas).color; // of the page's text, light or dark
    context.font = "24px sans-serif";
    if (shaded) {
      context.fillStyle = COLOUR.student + "40";
      for (let i = 0; i < drawn[0].length; i++) {
        const [left, right] = [Math.max(x(i - 0.5), start), Math.min(x(i + 0.5), end)];
        if (shaded(i)) context.fillRect(left, 16, right - left, bottom - 16);
      }
    }
    Object.assign(context, { fillStyle: ink, strokeStyle: ink, lineWidth: 1, textAlign: "right" });
    for (const tick of [low, log ? Math.sqrt(low * top) : (low + top) / 2, top]) {
      context.globalAlpha = 0.3;
      context.strokeRect(start, y(tick), end - start, 0);
      context.globalAlpha = 1;
      context.fillText(+tick.toPrecision(2), start - 8, y(tick) + 8);
    }
    lines.forEach(({ colour = ink }, which) => {
      Object.assign(context, { strokeStyle: colour, lineWidth: 3 });
      context.beginPath();
      for (let i = 0; i < drawn[which].length; i++) context.lineTo(x(i), y(drawn[which][i]));
      context.stroke();
    });
    Object.assign(context, { strokeStyle: ink, lineWidth: 2 });
    if (mark !== undefined) context.strokeRect(x(mark), 16, 0, bottom - 16);
  };
  // The page may turn dark, or light, and its text with it; or it may get narrower.
  const again = new MutationObserver(() => show(place));
  new ResizeObserver(() => show(place)).observe(canvas);
  for (const outer of [document.documentElement, document.body]) again.observe(outer, { attributes: true });
  return { node, show };
}

// ---------------------------------------------------------------- the page

/** Scenes by name: a function of the data that gives nodes, and `update`, which shows the state. */
export const SCENES = {};

// The cell's output in JupyterLab and nbconvert's pages, on the site, and in Colab.
const OUTPUT = ".jp-OutputArea, .cell_output, #output-area";

/** Build a scene into `root`; hide the still picture that stands there for where no script runs. */
export function mount(root, data) {
  const { nodes, update, play } = SCENES[data.kind](data);
  root.replaceChildren(...nodes);
  for (const still of root.closest(OUTPUT)?.querySelectorAll("img") ?? [])
    if (!root.contains(still)) still.style.display = "none";
  update();
  if (root.closest(".dx-autoplay") && !matchMedia(CALM).matches) play?.click();
}

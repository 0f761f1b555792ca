// Scenes with networks: a teacher's answers, the drawing pad, a segmented frame. explore.py says what
// the data of each are.

import {
  SCENES, bars, between, board, button, bytes, el, forward, largest, loop, meanGap, menu, paint, percent,
  range, row, sentence, softmax, stream, unpack,
} from "./explore.js";

/** Controls that write what is chosen into `state` and then call `update`. */
const writer = (state, update) => (name) => (value) => {
  state[name] = value;
  update();
};

/** A teacher's answers to real images: softened by a temperature, shaken by noise. */
function temperature(data) {
  const { classes, shape, mean: shift, std } = data;
  const teacher = unpack(data.teacher);
  const images = bytes(data.images);
  const area = shape[0] * shape[1] * shape[2];
  const noise = stream(0).normals(area);
  const state = { image: 0, temperature: 1, noise: 0 };
  const [one, two] = [(v) => v.toFixed(1), (v) => v.toFixed(2)]; // digits
  const canvas = board(shape[2], shape[1], "the image, noise added");
  const answer = bars(classes, ["teacher"]);
  const words = sentence();
  const update = () => {
    const seen = Float32Array.from({ length: area }, (_, i) =>
      between(images[state.image * area + i] / 255 + state.noise * noise[i], 0, 1));
    paint(canvas, seen.map((v) => 255 * v), shape);
    const logits = forward(teacher, seen.map((v) => (v - shift) / std), shape);
    const said = softmax(logits.map((logit) => logit / state.temperature));
    answer.show(said);
    const best = largest(said);
    words.textContent =
      `Label ${classes[data.labels[state.image]]}. The teacher says ${classes[best]} with ` +
      `${percent(said[best])} at temperature ${one(state.temperature)} and noise ${two(state.noise)}.`;
  };
  const to = writer(state, update);
  const count = data.labels.length;
  const controls = [
    range("image", { min: 1, max: count, value: 1 }, (number) => to("image")(number - 1)),
    range("temperature τ", { min: 0.5, max: 20, step: 0.5, value: 1, show: one }, to("temperature")),
    range("noise", { min: 0, max: 1, step: 0.02, value: 0, show: two }, to("noise")),
  ];
  return { nodes: [row(...controls.map((c) => c.node)), row(canvas, answer.node), words], update };
}

/** Draw an image, or let the generator make one, and watch teacher and student answer. */
function draw(data) {
  const { classes, shape, mean: shift, std } = data;
  const [teacher, student] = [data.teacher, data.student].map(unpack);
  const generator = data.generator && unpack(data.generator); // none where it is too large to ship
  const [, height, width] = shape;
  const random = stream(data.seed);
  const normals = () => random.normals(data.latent);
  let ink = Float32Array.from(bytes(data.first), (v) => v / 255); // 0 black to 1 white
  let ends = [normals(), normals()];
  let pen = null; // the pixel that the keys have come to
  let searching = false;
  const answer = bars(classes);
  const words = sentence();
  const both = (image) => {
    const x = image.map((v) => (v - shift) / std);
    return [forward(teacher, x, shape), forward(student, x, shape)];
  };
  const stroke = (x, y, key) => {
    const [line, column] = [y * height, x * width];
    pen = key ? Math.floor(line) * width + Math.floor(column) : null;
    if (!key || key === " ")
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) {
          const far = (i + 0.5 - line) ** 2 + (j + 0.5 - column) ** 2;
          const wet = Math.min(1, 1.6 * Math.exp(-far / data.brush));
          ink[i * width + j] = Math.max(ink[i * width + j], wet);
        }
    update();
  };
  const label = "a field to draw on with the pointer; by keys: arrows move the pen, space draws";
  const canvas = board(width, height, label, stroke, { step: 1 / width });
  const update = () => {
    const pixels = Float32Array.from({ length: 3 * ink.length }, (_, i) => 255 * ink[i % ink.length]);
    if (pen !== null) [230, 159, 0].forEach((v, c) => (pixels[c * ink.length + pen] = v)); // orange
    paint(canvas, pixels, [3, height, width]);
    const [t, s] = both(ink);
    const [pt, ps] = [softmax(t), softmax(s)];
    answer.show(pt, ps);
    const [a, b] = [largest(pt), largest(ps)];
    words.ariaLive = searching ? "off" : "polite";
    words.textContent =
      `Teacher ${classes[a]} (${percent(pt[a])}), student ${classes[b]} (${percent(ps[b])}): ` +
      `${a === b ? "they agree" : "they disagree"}; mean |T − S| ${meanGap(t, s).toFixed(2)}.`;
  };
  const way = { min: 0, max: 1, step: 0.01, value: 0, show: (v) => v.toFixed(2) };
  const walk = range("walk through z", way, (at) => {
    // On the arc: a standard normal z of many numbers nearly always has the same length.
    const [c, s] = [Math.cos((at * Math.PI) / 2), Math.sin((at * Math.PI) / 2)];
    const image = forward(generator, Float32Array.from(ends[0], (v, i) => c * v + s * ends[1][i]));
    ink = image.map((v) => between(v * std + shift, 0, 1));
    pen = null;
    seek(false);
    update();
  });
  /** How much likelier the teacher finds its class than the student does, as a logarithm. */
  const apart = (t, s) => {
    const best = largest(t);
    return Math.log(softmax(t)[best]) - Math.log(softmax(s)[best]);
  };
  /** Small changes at random places; kept are those that take the two further apart. */
  const start = loop(() => searching && canvas.isConnected, () => {
    let most = apart(...both(ink));
    for (let tries = 0; tries < 8 && searching; tries++) {
      const changed = ink.slice();
      const at = Math.floor(random.uniform() * ink.length);
      for (const near of [at, at + 1, at + width, at + width + 1])
        if (near < ink.length) changed[near] = between(changed[near] + 0.4 * random.normal(), 0, 1);
      const [t, s] = both(changed);
      if (apart(t, s) <= most) continue;
      [ink, most] = [changed, apart(t, s)];
      if (largest(t) !== largest(s)) seek(false);
    }
    update();
  });
  const seek = (on) => {
    searching = on;
    search.textContent = on ? "Stop" : "Find a disagreement";
  };
  const aim = "change the image until both say different things";
  const search = button("Find a disagreement", aim, () => {
    seek(!searching);
    start();
  });
  const clear = button("Clear", "an empty field", () => {
    ink.fill(0);
    seek(false);
    update();
  });
  const others = button("Another walk", "go on from its end, to another latent", () => {
    ends = [ends[1], normals()];
    walk.set(0);
    walk.input.oninput();
  });
  const controls = generator ? [clear, search, walk.node, others] : [clear, search];
  return { nodes: [row(...controls), row(canvas, answer.node), words], update };
}

/** A segmented frame: point at a pixel for both networks' probabilities; choose frame and layer. */
function pixels(data) {
  const { classes, colours } = data;
  const [, height, width] = data.shape;
  const [area, kinds] = [height * width, classes.length];
  const images = bytes(data.images);
  const labels = bytes(data.labels); // the number of classes stands for void
  const said = { teacher: bytes(data.teacher), student: bytes(data.student) };
  const state = { frame: 0, layer: "student", opacity: 0.5, at: (height >> 1) * width + (width >> 1) };
  const answer = bars(classes);
  const words = sentence();
  const choose = (x, y) => to("at")(Math.floor(y * height) * width + Math.floor(x * width));
  const label = "the frame under its layer: point at a pixel, or choose it by the arrow keys";
  const canvas = board(width, height, label, choose, { step: 1 / width, hover: true });
  const probability = (who, at, k) => said[who][(state.frame * kinds + k) * area + at] / 255;
  const named = (who, at) => {
    let best = 0;
    for (let k = 1; k < kinds; k++) if (probability(who, at, k) > probability(who, at, best)) best = k;
    return best;
  };
  const truth = (at) => labels[state.frame * area + at];
  const WHITE = [255, 255, 255];
  const BLACK = [0, 0, 0];
  const layers = {
    truth: (at) => colours[truth(at)] ?? WHITE,
    teacher: (at) => colours[named("teacher", at)],
    student: (at) => colours[named("student", at)],
    disagreement: (at) => (named("teacher", at) === named("student", at) ? BLACK : WHITE),
  };
  const update = () => {
    const blend = new Float32Array(3 * area);
    for (let i = 0; i < area; i++) {
      const over = layers[state.layer](i);
      for (let c = 0; c < 3; c++) {
        const seen = images[(state.frame * 3 + c) * area + i];
        blend[c * area + i] = (1 - state.opacity) * seen + state.opacity * over[c];
      }
    }
    [255, 0, 0].forEach((v, c) => (blend[c * area + state.at] = v)); // the chosen pixel is red
    paint(canvas, blend, [3, height, width]);
    const { at } = state;
    answer.show(...["teacher", "student"].map((who) => classes.map((_, k) => probability(who, at, k))));
    words.textContent =
      `Row ${Math.floor(at / width)}, column ${at % width}: ${classes[truth(at)] ?? "void"} in truth; ` +
      `teacher ${classes[named("teacher", at)]}, student ${classes[named("student", at)]}.`;
  };
  const to = writer(state, update);
  const two = (v) => v.toFixed(2);
  const names = Object.fromEntries(Object.keys(layers).map((name) => [name, name]));
  const controls = [
    range("frame", { min: 1, max: data.count, value: 1 }, (number) => to("frame")(number - 1)).node,
    menu("layer", names, state.layer, to("layer")),
    range("opacity", { min: 0, max: 1, step: 0.05, value: state.opacity, show: two }, to("opacity")).node,
  ];
  const legend = classes.map((name, k) => {
    const swatch = el("i", { className: "dx-swatch" });
    swatch.style.background = `rgb(${colours[k]})`;
    return el("span", {}, swatch, name);
  });
  return { nodes: [row(...controls), row(canvas, answer.node), row(...legend), words], update };
}

Object.assign(SCENES, { temperature, draw, pixels });

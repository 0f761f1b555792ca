// Scenes with networks that answer in the page: a teacher's answers, the drawing pad. explore.py says
// what the data of each are.

import {
  SCENES, bars, between, board, button, bytes, forward, largest, loop, meanGap, paint, percent, range, row,
  sentence, softmax, stream, unpack, writer,
} from "./explore.js";

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

Object.assign(SCENES, { temperature, draw });

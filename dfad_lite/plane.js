// The game on a plane, whole: networks of a few hundred weights that learn in the page.
//
// The steps are those of dfad_lite.playground (notebook 03); a test compares them with torch's.
// Numbers are double precision in flat arrays, row by row.

import {
  SCENES, COLOUR, board, button, chart, el, floats, loop, mean, meanGap, menu, range, row, sentence,
  softmax, stream,
} from "./explore.js";

export const REACH = 3; // the square's half side

// ---------------------------------------------------------------- networks that learn

const tanh = (x) => 1 - 2 / (1 + Math.exp(2 * x)); // three times as fast as Math.tanh

/** Dense layers with tanh between them; the weights of a layer are `(outputs, inputs)`, a bias. */
export class Perceptron {
  /** `sizes` from inputs to outputs; with `reach` the outputs are squashed into the square. */
  constructor({ sizes, weights, reach }) {
    Object.assign(this, { sizes, reach, weights: weights.map((w) => w.slice()) });
    this.forget();
  }

  /** A fresh Adam. */
  forget() {
    const zeros = () => this.weights.map((w) => new Float64Array(w.length));
    Object.assign(this, { first: zeros(), second: zeros(), steps: 0 });
  }

  /** The activations of every layer for `count` rows, the inputs first and the outputs last. */
  forward(x, count) {
    const seen = [x];
    const last = this.sizes.length - 2;
    for (let l = 0; l <= last; l++) {
      const [inputs, outputs] = [this.sizes[l], this.sizes[l + 1]];
      const [w, b] = [this.weights[2 * l], this.weights[2 * l + 1]];
      const [from, y] = [seen[l], new Float64Array(count * outputs)];
      const scale = l < last ? 1 : this.reach ? REACH : 0; // of the tanh; 0 for none
      for (let n = 0, to = 0; n < count; n++)
        for (let o = 0, k = 0; o < outputs; o++, to++) {
          let sum = b[o];
          for (let i = 0, at = n * inputs; i < inputs; i++) sum += w[k++] * from[at++];
          y[to] = scale ? scale * tanh(sum) : sum;
        }
      seen.push(y);
    }
    return seen;
  }

  /** The outputs alone. */
  answer(x, count = x.length / this.sizes[0]) {
    return this.forward(x, count).at(-1);
  }

  /** Gradients of the weights and of the inputs, from `slope`, those of the outputs. */
  backward(seen, slope, count) {
    const gradients = this.weights.map((w) => new Float64Array(w.length));
    const last = this.sizes.length - 2;
    for (let l = last; l >= 0; l--) {
      const [inputs, outputs] = [this.sizes[l], this.sizes[l + 1]];
      const [w, dw, db] = [this.weights[2 * l], gradients[2 * l], gradients[2 * l + 1]];
      const [from, y, below] = [seen[l], seen[l + 1], new Float64Array(count * inputs)];
      const scale = l < last ? 1 : this.reach ? REACH : 0;
      for (let n = 0, to = 0; n < count; n++)
        for (let o = 0, k = 0; o < outputs; o++, to++) {
          const d = slope[to] * (scale ? scale - (y[to] * y[to]) / scale : 1);
          db[o] += d;
          for (let i = 0, at = n * inputs; i < inputs; i++, k++, at++) {
            dw[k] += d * from[at];
            below[at] += d * w[k];
          }
        }
      slope = below;
    }
    return { gradients, inputs: slope };
  }

  /** One step of Adam down the gradients. */
  step(gradients, rate) {
    this.steps += 1;
    const [c1, c2] = [1 - 0.9 ** this.steps, 1 - 0.999 ** this.steps];
    this.weights.forEach((w, which) => {
      const [g, m, v] = [gradients[which], this.first[which], this.second[which]];
      for (let i = 0; i < w.length; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        w[i] -= (rate * (m[i] / c1)) / (Math.sqrt(v[i] / c2) + 1e-8);
      }
    });
  }
}

// ---------------------------------------------------------------- the game

/** A mean distance of logits, two a row, and its slopes in the student's and in the teacher's. */
export function distance(loss, s, t, count) {
  const [ds, dt] = [new Float64Array(s.length), new Float64Array(s.length)];
  let sum = 0;
  if (loss === "kld") {
    for (let a = 0, b = 1; b < s.length; a += 2, b += 2) {
      const [learnt, taught] = [s[b] - s[a], t[b] - t[a]]; // two classes: one number says it all
      const [p, q] = [1 / (1 + Math.exp(-learnt)), 1 / (1 + Math.exp(-taught))];
      const first = softplus(learnt) - softplus(taught); // the log of q's ratio to p, class by class
      const second = softplus(-learnt) - softplus(-taught);
      const value = (1 - q) * first + q * second;
      sum += value;
      ds[b] = (p - q) / count;
      dt[a] = ((1 - q) * (first - value)) / count;
      dt[b] = (q * (second - value)) / count;
      ds[a] = -ds[b];
    }
    return { value: sum / count, ds, dt };
  }
  const squared = loss === "mse";
  for (let i = 0; i < s.length; i++) {
    const d = s[i] - t[i];
    sum += squared ? d * d : Math.abs(d);
    ds[i] = (squared ? 2 * d : Math.sign(d)) / s.length;
    dt[i] = -ds[i];
  }
  return { value: sum / s.length, ds, dt };
}

const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** One student step on the generator's points of `count` latents `z`; the loss before it. */
export function imitate(game, z, count) {
  const points = game.generator.answer(z, count);
  const seen = game.student.forward(points, count);
  const loss = distance(game.loss, seen.at(-1), game.teacher.answer(points, count), count);
  game.student.step(game.student.backward(seen, loss.ds, count).gradients, game.studentRate);
  return loss.value;
}

/** One generator step towards more disagreement; the loss before it. */
export function generate(game, z, count) {
  const made = game.generator.forward(z, count);
  const [s, t] = [game.student, game.teacher].map((net) => net.forward(made.at(-1), count));
  const loss = distance(game.loss, s.at(-1), t.at(-1), count);
  const learnt = game.student.backward(s, loss.ds, count).inputs;
  const taught = game.teacher.backward(t, loss.dt, count).inputs;
  const slope = learnt.map((v, i) => -(v + taught[i])); // Adam goes down, the generator up
  game.generator.step(game.generator.backward(made, slope, count).gradients, game.generatorRate);
  return loss.value;
}

/** One step of a teacher on the cross-entropy of points and labels 0 and 1. */
function teach(teacher, points, labels) {
  const count = labels.length;
  const seen = teacher.forward(points, count);
  const slope = new Float64Array(2 * count);
  for (let n = 0; n < count; n++) {
    const p = softmax(seen.at(-1).subarray(2 * n, 2 * n + 2));
    for (const c of [0, 1]) slope[2 * n + c] = (p[c] - (labels[n] === c)) / count;
  }
  teacher.step(teacher.backward(seen, slope, count).gradients, 0.02);
}

// ---------------------------------------------------------------- maps of the square

const SIDE = 60; // cells
const CELLS = SIDE * SIDE;
const GRID = new Float64Array(2 * CELLS); // their middles, row by row from the top
for (let cell = 0; cell < CELLS; cell++) {
  GRID[2 * cell] = (((cell % SIDE) + 0.5) / SIDE) * 2 * REACH - REACH;
  GRID[2 * cell + 1] = REACH - ((Math.floor(cell / SIDE) + 0.5) / SIDE) * 2 * REACH;
}

/** The logit of class 1 less that of class 0, a number a row. */
function differences(logits) {
  const found = new Float64Array(logits.length / 2);
  for (let n = 0; n < found.length; n++) found[n] = logits[2 * n + 1] - logits[2 * n];
  return found;
}

/** Mean |T - S| of two logits a row, a number a row. */
function gaps(t, s) {
  const found = new Float64Array(t.length / 2);
  for (let n = 0; n < found.length; n++)
    found[n] = (Math.abs(t[2 * n] - s[2 * n]) + Math.abs(t[2 * n + 1] - s[2 * n + 1])) / 2;
  return found;
}

const AROUND = [0, 1, SIDE + 1, SIDE, 0]; // a square of four cells, as offsets, and back

/** Draw the line on which a map changes its sign (marching squares). */
function border(canvas, map, colour) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / SIDE;
  Object.assign(context, { strokeStyle: colour, lineWidth: 3 });
  context.beginPath();
  for (let cell = 0; cell < CELLS - SIDE - 1; cell++) {
    if ((cell + 1) % SIDE === 0) continue;
    let found = 0;
    for (let e = 0; e < 4; e++) {
      const [a, b] = [cell + AROUND[e], cell + AROUND[e + 1]];
      if (map[a] > 0 === map[b] > 0) continue;
      const share = map[a] / (map[a] - map[b]);
      const x = (a % SIDE) + share * ((b % SIDE) - (a % SIDE));
      const y = Math.floor(a / SIDE) + share * (Math.floor(b / SIDE) - Math.floor(a / SIDE));
      const [left, top] = [(x + 0.5) * scale, (y + 0.5) * scale];
      if (found++ % 2) context.lineTo(left, top); // crossings come in pairs
      else context.moveTo(left, top);
    }
  }
  context.stroke();
}

/** A filled square in the middle of a place of the plane. */
function dot(canvas, x, y, size, colour) {
  const context = canvas.getContext("2d");
  const scale = canvas.width / (2 * REACH);
  context.fillStyle = colour;
  context.fillRect((x + REACH) * scale - size / 2, (REACH - y) * scale - size / 2, size, size);
}

/** A function that fills a canvas with a colour a cell, given as numbers 0xAABBGGRR. */
function filler() {
  const small = el("canvas", { width: SIDE, height: SIDE });
  const image = small.getContext("2d").createImageData(SIDE, SIDE);
  const words = new Uint32Array(image.data.buffer);
  return (canvas, colours) => {
    words.set(colours);
    small.getContext("2d").putImageData(image, 0, 0);
    canvas.getContext("2d").drawImage(small, 0, 0, canvas.width, canvas.height);
  };
}

// ---------------------------------------------------------------- the scene

const WIDTH = 360; // of a picture, in its own pixels
const SHOWN = 200; // generated points
const KEPT = 400; // rounds in the chart
const POINTERS = { look: "looks", grey: "paints grey points", blue: "paints blue points" };

/** Two moons, a teacher, a student and a generator of points: play it, look at any place. */
function plane(data) {
  const network = (net) => new Perceptron({ ...net, weights: net.weights.map(floats) });
  const count = data.batch;
  const fresh = () => ({
    student: network(data.student),
    generator: network(data.generator),
    random: stream(data.seed),
    round: 0,
    history: { real: [], generator: [], largest: [] },
  });
  const game = { teacher: network(data.teacher), loss: "mae", ...fresh() };
  Object.assign(game, { studentRate: data.studentRate, generatorRate: data.generatorRate });
  const fixed = stream(data.seed + 1).normals(SHOWN * data.latent); // of the points shown
  let points = { x: floats(data.points), labels: Array.from(data.labels) };
  const state = { k: data.k, mark: [0, 0], pointer: "look", playing: false, training: 0 };
  let now = {}; // the three measures

  const latents = () => game.random.normals(count * data.latent);
  const stages = {
    imitate() {
      for (let i = 0; i < state.k; i++) imitate(game, latents(), count);
    },
    generate() {
      generate(game, latents(), count);
      game.round += 1;
    },
  };
  const choose = (x, y, key) => {
    state.mark = [x * 2 * REACH - REACH, REACH - y * 2 * REACH];
    if (state.pointer !== "look" && (!key || key === " ")) {
      for (let i = 0; i < 4; i++) {
        const near = state.mark.map((v) => v + 0.12 * game.random.normal());
        points.x = Float64Array.from([...points.x, ...near]);
        points.labels.push(state.pointer === "blue" ? 1 : 0);
      }
      restage();
    }
    update();
  };
  const about = "; arrow keys move the mark, space paints";
  const left = board(WIDTH, WIDTH, "regions of teacher and student, and the real points" + about, choose);
  const right = board(WIDTH, WIDTH, "the gap, dark where large, and the generator's points" + about, choose);
  const fill = filler();
  const [backdrop, shades] = [el("canvas", { width: WIDTH, height: WIDTH }), new Uint32Array(CELLS)];
  let [taught, known] = []; // the teacher's answers on the grid, and at the real points

  /** What stays as it is while one plays: the teacher's answers, its regions and the points. */
  const restage = () => {
    [taught, known] = [GRID, points.x].map((x) => game.teacher.answer(x));
    const regions = differences(taught);
    fill(backdrop, shades.map((_, i) => (regions[i] > 0 ? 0xffebd7be : 0xfffafafa)));
    points.labels.forEach((label, n) =>
      dot(backdrop, points.x[2 * n], points.x[2 * n + 1], 3, label ? "#003a5c" : "#8a8a8a"));
    border(backdrop, regions, COLOUR.teacher);
  };
  const update = () => {
    const learnt = game.student.answer(GRID);
    const gap = gaps(taught, learnt);
    const made = game.generator.answer(fixed);
    left.getContext("2d").drawImage(backdrop, 0, 0);
    border(left, differences(learnt), COLOUR.student);
    for (let i = 0; i < CELLS; i++) {
      const dark = Math.min(Math.max(Math.log(gap[i] / 0.03) / Math.log(500), 0), 1);
      shades[i] = 0xff000000 + 0x010101 * Math.round(255 - 225 * dark);
    }
    fill(right, shades);
    for (let n = 0; n < SHOWN; n++) dot(right, made[2 * n], made[2 * n + 1], 4, COLOUR.generator);
    for (const canvas of [left, right]) {
      dot(canvas, ...state.mark, 11, "white");
      dot(canvas, ...state.mark, 7, "black");
    }
    const apart = (answers, x) => mean(gaps(answers, game.student.answer(x)));
    now = {
      real: apart(known, points.x),
      generator: apart(game.teacher.answer(made), made),
      largest: Math.max(...gap),
    };
    tell();
  };

  const words = sentence();
  const tell = () => {
    const at = Float64Array.from(state.mark);
    const [t, s] = [game.teacher, game.student].map((net) => net.answer(at));
    const place = state.mark.map((v) => v.toFixed(1)).join(", ");
    const pair = (y) => `(${y[0].toFixed(2)}, ${y[1].toFixed(2)})`;
    words.ariaLive = state.playing ? "off" : "polite"; // sixty sentences a second help nobody
    words.textContent =
      `Round ${game.round}: D ${now.real.toFixed(2)} on real points, D_G ${now.generator.toFixed(2)} on ` +
      `samples, ${now.largest.toFixed(2)} at most; the bound D_G ≥ D ` +
      `${now.generator >= now.real ? "holds" : "fails"}. At (${place}): ` +
      `T = ${pair(t)}, S = ${pair(s)}, mean |T − S| = ${meanGap(t, s).toFixed(2)}.`;
  };

  const fails = (place) => game.history.generator[place] < game.history.real[place];
  const curves = chart(
    `the last ${KEPT} rounds, mean |T − S| (log scale); orange where the bound fails, D_G < D`,
    [
      { name: "D, real points", values: () => game.history.real },
      { name: "D_G, samples", colour: COLOUR.generator, values: () => game.history.generator },
      { name: "largest", colour: "#CC79A7", values: () => game.history.largest },
    ],
    { low: 0.01, high: 20, log: true, shaded: fails },
  );
  const remember = () => {
    for (const [name, values] of Object.entries(game.history)) {
      values.push(now[name]);
      if (values.length > KEPT) values.shift();
    }
    curves.show();
  };
  const act = (...names) => {
    for (const name of names) stages[name]();
    update();
    if (names.includes("generate")) remember();
  };

  const start = loop(() => (state.playing || state.training > 0) && left.isConnected, () => {
    if (state.training === 0) return act("imitate", "generate");
    for (let i = 0; i < 8; i++) teach(game.teacher, points.x, points.labels);
    state.training -= 8;
    restage();
    update();
  });
  const play = button("Play", "imitate k times, generate once, again and again", () => {
    state.playing = !state.playing;
    play.textContent = state.playing ? "Pause" : "Play";
    tell();
    start();
  });
  const reset = () => {
    Object.assign(game, fresh());
    update();
    remember();
  };
  const empty = () => {
    points = { x: new Float64Array(0), labels: [] };
    restage();
    update();
  };
  const train = () => {
    if (new Set(points.labels).size < 2) {
      words.textContent = "A teacher needs points of both classes: paint some grey and some blue ones.";
      return;
    }
    state.training = 400;
    game.teacher.forget();
    start();
  };
  const rate = (text, name) => {
    const power = { min: -4, max: -0.5, step: 0.25, value: Math.log10(game[name]) };
    const show = (v) => (10 ** v).toPrecision(1);
    return range(text, { ...power, show }, (v) => (game[name] = 10 ** v)).node;
  };
  const losses = { mae: "MAE", mse: "MSE", kld: "KLD" };
  const actions = row(
    play,
    button("Imitate", "k steps of the student", () => act("imitate")),
    button("Generate", "one step of the generator", () => act("generate")),
    button("Reset", "a new student and a new generator", reset),
    range("k", { min: 1, max: 20, value: state.k }, (v) => (state.k = v)).node,
    menu("loss", losses, game.loss, (v) => (game.loss = v)),
  );
  const rates = row(rate("student's rate", "studentRate"), rate("generator's rate", "generatorRate"));
  const own = row(
    menu("the pointer", POINTERS, state.pointer, (v) => (state.pointer = v)),
    button("No points", "remove all points", empty),
    button("Train the teacher", "400 steps on the points there are; then play against it", train),
  );
  const begin = () => {
    restage();
    update();
    remember();
  };
  return { nodes: [actions, row(left, right), words, row(curves.node), rates, own], update: begin, play };
}

SCENES.plane = plane;

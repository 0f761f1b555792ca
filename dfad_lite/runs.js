// Games that were played before, moment by moment. explore.py says what the data of each are.

import {
  SCENES, COLOUR, bars, board, button, bytes, chart, el, key, largest, loop, mean, meanGap, menu, paint,
  percent, range, row, sentence, shades, shorts, softmax, writer,
} from "./explore.js";

const CHOSEN = "#E69F00"; // the frame around what is pointed at

/**
 * A slider over the moments of a game, and a button that plays them; `change()` is called when
 * another moment is shown, which is `now.at`.
 */
function moments(labels, change, alive) {
  const now = { at: 0, playing: false };
  const go = (place) => {
    now.at = place;
    slider.set(place);
    change();
  };
  const slider = range("round", { min: 0, max: labels.length - 1, value: 0, show: (r) => labels[r] }, go);
  const start = loop(() => now.playing && alive(), () => go((now.at + 1) % labels.length), 250);
  const play = button("Play", "play the rounds", () => {
    now.playing = !now.playing;
    play.textContent = now.playing ? "Pause" : "Play";
    change();
    start();
  });
  return { now, play, slider };
}

/**
 * A sheet of small pictures, one of which is chosen by pointing or by the arrow keys.
 * `show(places, chosen, draw)` fills it: `draw(i, left, top)` puts picture `i` where it stands.
 */
function sheet(count, height, width, label, choose) {
  const columns = Math.ceil(Math.sqrt(count));
  const lines = Math.ceil(count / columns);
  let stand = [];
  const point = (x, y) => {
    const i = stand[Math.floor(y * lines) * columns + Math.floor(x * columns)];
    if (i !== undefined) choose(i);
  };
  const size = [columns * (width + 1) + 1, lines * (height + 1) + 1];
  const canvas = board(...size, label, point, { step: 1 / columns, hover: true });
  const show = (places, chosen, draw) => {
    stand = places;
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = CHOSEN;
    places.forEach((i, place) => {
      const left = 1 + (place % columns) * (width + 1);
      const top = 1 + Math.floor(place / columns) * (height + 1);
      if (i === chosen) context.fillRect(left - 1, top - 1, width + 2, height + 2);
      draw(context, i, left, top);
    });
  };
  return { canvas, show };
}

/**
 * Who is taken for whom: shares of each row, a cell of which is chosen by pointing or by keys.
 * `show(shares, [row, column])` fills it.
 */
function grid(names, label, choose) {
  const [cell, margin] = [44, 150];
  const side = margin + cell * names.length;
  const place = (v) => Math.max(0, Math.floor((v * side - margin) / cell));
  const point = (x, y) => choose([place(y), place(x)]);
  const canvas = board(side, side, label, point, { step: cell / side, hover: true });
  const context = canvas.getContext("2d");
  const show = (shares, [line, column]) => {
    const ink = getComputedStyle(canvas).color;
    context.clearRect(0, 0, side, side);
    names.forEach((name, at) => {
      Object.assign(context, { fillStyle: ink, font: "26px sans-serif", textAlign: "right" });
      context.fillText(name, margin - 8, margin + cell * (at + 0.68), margin - 10);
      context.save();
      context.translate(margin + cell * (at + 0.68), margin - 8);
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
      context.fillText(name, 0, 0, margin - 10);
      context.restore();
      context.textAlign = "center";
      context.font = "23px sans-serif";
      names.forEach((_, to) => {
        const [left, top, share] = [margin + cell * to, margin + cell * at, shares[at][to]];
        Object.assign(context, { fillStyle: COLOUR.teacher, globalAlpha: share });
        context.fillRect(left, top, cell, cell);
        Object.assign(context, { fillStyle: share > 0.5 ? "white" : ink, globalAlpha: 1 });
        if (share >= 0.05) context.fillText((100 * share).toFixed(0), left + cell / 2, top + 31);
      });
    });
    Object.assign(context, { strokeStyle: CHOSEN, lineWidth: 4 });
    context.strokeRect(margin + cell * column, margin + cell * line, cell, cell);
  };
  return { canvas, show };
}

/** One game of `replay`: its sheet, its answers, its curves; `change()` when another sample is chosen. */
function game(run, { classes, shape }, change) {
  const { rounds, count, unit } = run;
  const [channels, height, width] = shape;
  const [area, kinds] = [channels * height * width, classes.length];
  const images = shades(run.images);
  const [taught, learnt] = [shorts(run.teacher), shorts(run.student)];
  const logits = (all, r, i) => {
    const from = (r * count + i) * kinds;
    return Array.from(all.subarray(from, from + kinds), (v) => v * unit);
  };
  const each = (measure) => rounds.map((_, r) => Array.from({ length: count }, (_, i) => measure(r, i)));
  const gaps = each((r, i) => meanGap(logits(taught, r, i), logits(learnt, r, i)));
  const named = each((r, i) => largest(logits(taught, r, i)));
  const averages = gaps.map(mean);
  let picked = 0;
  const answer = bars(classes);
  const label = "generated samples: point at one, or choose it by the arrow keys";
  const samples = sheet(count, height, width, `${run.name} ${label}`.trim(), (i) => {
    if (i === picked) return;
    picked = i;
    change();
  });
  /** Show moment `r`, in an order; returns a sentence. */
  const show = (r, order) => {
    const by = { kept: (i) => i, hardness: (i) => -gaps[r][i], class: (i) => named[r][i] }[order];
    const places = Array.from({ length: count }, (_, i) => i).sort((a, b) => by(a) - by(b) || a - b);
    samples.show(places, picked, (_, i, left, top) => {
      const from = (r * count + i) * area;
      paint(samples.canvas, images.subarray(from, from + area), shape, left, top);
    });
    const [t, s] = [logits(taught, r, picked), logits(learnt, r, picked)];
    answer.show(softmax(t), softmax(s));
    return (
      `${run.name ? `${run.name}, round` : "Round"} ${rounds[r]}: the student is right on ` +
      `${percent(run.accuracy[r])} of the real test images. Sample ${picked + 1}: teacher ` +
      `${classes[largest(t)]}, student ${classes[largest(s)]}, mean |T − S| ${gaps[r][picked].toFixed(2)}.`
    );
  };
  return { run, answer, samples, averages, show, chosen: () => gaps.map((gap) => gap[picked]) };
}

/** A game replayed, or several side by side: samples, what both say of each, and the curves. */
function replay(data) {
  const games = data.games.map((run) => game(run, data, () => update()));
  const [first, ...others] = games;
  const several = others.length > 0;
  const most = Math.max(...games.map(({ run }) => run.rounds.length));
  // A game with fewer moments than another shows the one at the same share of its length.
  const place = ({ run }, at) => Math.round((at * (run.rounds.length - 1)) / (most - 1));
  const along = (one, values) => Array.from({ length: most }, (_, at) => values[place(one, at)]);
  const same = games.every(({ run }) => String(run.rounds) === String(first.run.rounds));
  const labels = first.run.rounds.map(String);
  const shares = Array.from({ length: most }, (_, at) => percent(at / (most - 1)));
  const COLOURS = [COLOUR.student, undefined, COLOUR.generator]; // the second is the page's ink
  const line = (values) => games.map((one, which) => (
    { name: one.run.name, colour: COLOURS[which % 3], values: () => along(one, values(one)) }));
  const known = Array(most).fill(first.run.teacherAccuracy);
  const teacher = { name: "teacher", colour: COLOUR.teacher, values: () => known };
  const right = several ? line(({ run }) => run.accuracy) : [
    { name: "student", colour: COLOUR.student, values: () => first.run.accuracy }];
  const apart = several ? [
    chart("mean |T − S| on real images", line(({ run }) => run.discrepancy)),
    chart("mean |T − S| on the samples", line(({ averages }) => averages)),
  ] : [
    chart("mean |T − S| over the rounds", [
      { name: "real images", values: () => first.run.discrepancy },
      { name: "samples", colour: COLOUR.generator, values: () => first.averages },
      { name: "this sample", colour: COLOUR.grey, values: first.chosen },
    ]),
  ];
  const charts = [chart("test accuracy over the rounds", [teacher, ...right], { high: 1 }), ...apart];
  let order = "kept";
  const words = sentence();
  const update = () => {
    const said = games.map((one) => one.show(place(one, now.at), order));
    for (const drawn of charts) drawn.show(now.at);
    words.ariaLive = now.playing ? "off" : "polite";
    words.textContent = said.join(" ");
  };
  const alive = () => first.samples.canvas.isConnected;
  const { now, play, slider } = moments(same ? labels : shares, update, alive);
  const orders = { kept: "as drawn", hardness: "hardest first", class: "by the teacher's class" };
  const sorts = menu("order", orders, order, (chosen) => {
    order = chosen;
    update();
  });
  const pictures = several
    ? games.map(({ run, samples, answer }) =>
      el("div", { className: "dx-game" }, el("b", { textContent: run.name }), samples.canvas, answer.node))
    : [first.samples.canvas, first.answer.node];
  const nodes = [row(play, slider.node, sorts), row(...pictures), row(...charts.map((c) => c.node)), words];
  return { nodes, update, play };
}

const minutes = (seconds) =>
  seconds < 60 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;

/** A long game as it was stored: samples, curves, and who is taken for whom. */
function watched(data) {
  const { rounds, seconds, classes, count, size } = data;
  const taught = bytes(data.teacher);
  const learnt = bytes(data.student);
  const state = { picked: 0, cell: [3, 5], order: "kept" };
  const both = (r, i) => [taught[r * count + i], learnt[r * count + i]];
  const shares = data.confusion.map((lines) =>
    lines.map((line) => {
      const sum = Math.max(1, line.reduce((a, b) => a + b));
      return line.map((value) => value / sum);
    }));
  const pictures = new Image(); // a line of pixels a moment, its samples side by side
  const words = sentence();
  const samples = sheet(count, size, size,
    "generated samples: point at one, or choose it by the arrow keys", (i) => to("picked")(i));
  const table = grid(classes, "who is taken for whom: a row a class of test images, a column an answer " +
    "of the student's; point at a cell, or choose it by the arrow keys", (at) => to("cell")(at));
  const right = chart("on test images, over the rounds", [
    { name: "teacher", colour: COLOUR.teacher, values: () => rounds.map(() => data.teacherAccuracy) },
    { name: "student right", colour: COLOUR.student, values: () => data.accuracy },
    { name: "both agree", values: () => data.agreement },
  ], { high: 1 });
  const gap = chart("imitation loss", [
    { name: "student", colour: COLOUR.student, values: () => data.imitation },
  ]);
  const gain = chart("what the images are paid", [
    { name: "generation", colour: COLOUR.generator, values: () => data.generation },
  ], Math.max(...data.generation) > 0 ? {} : { low: 1.05 * Math.min(...data.generation), high: 0 });
  const update = () => {
    const { picked, cell } = state;
    const r = now.at;
    const by = {
      kept: (i) => i,
      class: (i) => both(r, i)[0],
      disagreement: (i) => +(both(r, i)[0] === both(r, i)[1]),
    }[state.order];
    const places = Array.from({ length: count }, (_, i) => i).sort((a, b) => by(a) - by(b) || a - b);
    samples.show(places, picked, (context, i, left, top) =>
      context.drawImage(pictures, i * size, r * size, size, size, left, top, size, size));
    table.show(shares[r], cell);
    for (const drawn of [right, gap, gain]) drawn.show(r);
    words.ariaLive = now.playing ? "off" : "polite";
    const [t, s] = both(r, picked);
    const [from, as] = cell;
    words.textContent =
      `Round ${rounds[r].toLocaleString("en")}, after ${minutes(seconds[r])}: the student is ` +
      `right on ${percent(data.accuracy[r])} of the test images and says what its teacher says on ` +
      `${percent(data.agreement[r])}. Sample ${picked + 1}: teacher ${classes[t]}, student ${classes[s]}. ` +
      `Of the test images of class ${classes[from]} it calls ${percent(shares[r][from][as])} ${classes[as]}.`;
  };
  const { now, play, slider } = moments(
    rounds.map((round) => round.toLocaleString("en")), update, () => samples.canvas.isConnected);
  const to = writer(state, update);
  pictures.onload = update;
  pictures.src = data.pictures;
  const orders = { kept: "as drawn", class: "by the teacher's class", disagreement: "disagreements first" };
  const controls = row(play, slider.node, menu("order", orders, "kept", to("order")));
  const pages = [row(samples.canvas, table.canvas), row(right.node, gap.node, gain.node)];
  return { nodes: [controls, ...pages, words], update, play };
}

/** Segmented frames: the generator's over the rounds, then real ones; what both say of each pixel. */
function pixels(data) {
  const { classes, colours, rounds, made, real, accuracy } = data;
  const [, height, width] = data.shape;
  const [area, kinds] = [height * width, classes.length];
  const images = bytes(data.images); // `made` frames a round, then the real ones
  const labels = bytes(data.labels); // of the real ones; the number of classes stands for void
  const said = { teacher: bytes(data.teacher), student: bytes(data.student) };
  const middle = (height >> 1) * width + (width >> 1);
  const state = { frame: 0, layer: "student", opacity: 0.5, at: middle };
  const answer = bars(classes);
  const words = sentence();
  const choose = (x, y) => to("at")(Math.floor(y * height) * width + Math.floor(x * width));
  const label = "the frame under its layer: point at a pixel, or choose it by the arrow keys";
  const canvas = board(width, height, label, choose, { step: 1 / width, hover: true });
  const found = chart("the student's mean IoU on test images, over the rounds", [
    { name: "teacher", colour: COLOUR.teacher, values: () => rounds.map(() => data.teacherAccuracy) },
    { name: "student", colour: COLOUR.student, values: () => accuracy },
  ], { high: 1 });
  const isReal = () => now.at === rounds.length; // the last moment of the slider
  const frame = () => now.at * made + state.frame;
  const probability = (who, at, k) => said[who][(frame() * kinds + k) * area + at] / 255;
  const named = (who, at) => {
    let best = 0;
    for (let k = 1; k < kinds; k++) if (probability(who, at, k) > probability(who, at, best)) best = k;
    return best;
  };
  const truth = (at) => (isReal() ? labels[state.frame * area + at] : kinds);
  const agree = (at) => named("teacher", at) === named("student", at);
  const [WHITE, BLACK] = [[255, 255, 255], [0, 0, 0]];
  const layers = {
    truth: (at) => colours[truth(at)] ?? WHITE,
    teacher: (at) => colours[named("teacher", at)],
    student: (at) => colours[named("student", at)],
    disagreement: (at) => (agree(at) ? BLACK : WHITE),
  };
  const update = () => {
    frames.input.max = isReal() ? real : made;
    frames.set(state.frame + 1); // or the last that there is
    state.frame = frames.input.value - 1;
    const blend = new Float32Array(3 * area);
    let agreed = 0;
    for (let i = 0; i < area; i++) {
      const over = layers[state.layer](i);
      for (let c = 0; c < 3; c++) {
        const seen = images[(frame() * 3 + c) * area + i];
        blend[c * area + i] = (1 - state.opacity) * seen + state.opacity * over[c];
      }
      agreed += agree(i);
    }
    const { at } = state;
    [255, 0, 0].forEach((v, c) => (blend[c * area + at] = v)); // the chosen pixel is red
    paint(canvas, blend, [3, height, width]);
    answer.show(...["teacher", "student"].map((who) => classes.map((_, k) => probability(who, at, k))));
    const last = Math.min(now.at, rounds.length - 1);
    found.show(last);
    const which = isReal() ? "A real frame after the last round" : `Round ${rounds[now.at]}, a generated frame`;
    words.ariaLive = now.playing ? "off" : "polite";
    words.textContent =
      `${which}: both agree on ${percent(agreed / area)} of its pixels; on test images the student's ` +
      `mean IoU is ${accuracy[last].toFixed(2)}. Row ${Math.floor(at / width)}, column ${at % width}: ` +
      `${isReal() ? `${classes[truth(at)] ?? "void"} in truth; ` : ""}` +
      `teacher ${classes[named("teacher", at)]}, student ${classes[named("student", at)]}.`;
  };
  const to = writer(state, update);
  const two = (v) => v.toFixed(2);
  const names = Object.fromEntries(Object.keys(layers).map((name) => [name, name]));
  const { now, play, slider } = moments([...rounds, "real frames"], update, () => canvas.isConnected);
  now.at = rounds.length;
  slider.set(now.at);
  const frames = range("frame", { min: 1, max: real, value: 1 }, (number) => to("frame")(number - 1));
  const controls = [
    frames.node,
    menu("layer", names, state.layer, to("layer")),
    range("opacity", { min: 0, max: 1, step: 0.05, value: state.opacity, show: two }, to("opacity")).node,
  ];
  const legend = classes.map((name, k) => key(name, `rgb(${colours[k]})`));
  const pictures = row(canvas, answer.node, found.node);
  const nodes = [row(...controls), row(play, slider.node), pictures, row(...legend), words];
  return { nodes, update, play };
}

Object.assign(SCENES, { replay, watched, pixels });

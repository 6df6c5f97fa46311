// A line over time, with an optional band around it and an optional limit. One series a chart: many
// small charts side by side are easier to read than many lines in one.

import { h, s } from './dom.js';
import { axisTime, clock, DASH, number } from './format.js';
import { t as texts } from './text.js';

export const PAD = { left: 44, right: 10, top: 8, bottom: 20 };

/** A step of 1, 2 or 5 times a power of ten, such that a span has about so many. */
function niceStep(span, count) {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = raw / power;
  return (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10) * power;
}

export function ticks(low, high, count) {
  const step = niceStep(high - low, count);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) values.push(i * step + 0);
  return values;
}

export class Chart {
  #options;
  #points = [];
  #range = null;
  #limit = null;
  #cursor = null;
  #queued = false;
  #scale = null;
  #mark = null;

  /**
   * @param options title, unit, height, floor and ceiling (values that are always in sight), format, pick (is called
   *     with the point that somebody chose)
   */
  constructor(options) {
    this.#options = { height: 120, format: number, ...options };
    this.value = h('span', { class: 'chart-value' });
    this.svg = s('svg', { class: 'chart', tabindex: 0, role: 'img', height: this.#options.height });
    this.element = h('figure', { class: 'panel chart-panel' },
      h('figcaption', {},
        h('span', { class: 'chart-title' }, options.title),
        h('span', {}, this.value, options.unit ? h('span', { class: 'unit' }, ' ' + options.unit) : null)),
      this.svg);
    this.svg.addEventListener('pointermove', (e) => this.#point(e));
    this.svg.addEventListener('pointerleave', () => this.#move(null));
    this.svg.addEventListener('blur', () => this.#move(null));
    this.svg.addEventListener('keydown', (e) => this.#key(e));
    if (options.pick) {
      this.svg.classList.add('pickable');
      this.svg.addEventListener('click', () => { if (this.#cursor) options.pick(this.#cursor); });
    }
    this.observer = new ResizeObserver(() => this.#queue());
    this.observer.observe(this.svg);
  }

  /** Points are {t, y, low, high}, ascending; y is null where there is no value. */
  show(points, range, limit) {
    this.#points = points;
    this.#range = range;
    this.#limit = limit ?? null;
    this.#queue();
  }

  /** Marks a moment, or none. */
  mark(t) {
    if (t === this.#mark) return;
    this.#mark = t;
    this.#queue();
  }

  close() {
    this.observer.disconnect();
  }

  #queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.#draw();
    });
  }

  #point(event) {
    if (!this.#scale) return;
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    this.#move(this.#nearest((p) => Math.abs(this.#scale.x(p.t) - x)));
  }

  #nearest(distance) {
    let nearest = null;
    for (const p of this.#points) {
      if (p.y !== null && (!nearest || distance(p) < distance(nearest))) nearest = p;
    }
    return nearest;
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    const drawn = this.#points.filter((p) => p.y !== null);
    if (event.key === 'Enter' && this.#cursor && this.#options.pick) this.#options.pick(this.#cursor);
    if (step === undefined || !drawn.length) return;
    event.preventDefault();
    const at = this.#cursor ? drawn.indexOf(this.#cursor) : drawn.length - 1;
    this.#move(drawn[Math.max(0, Math.min(drawn.length - 1, at + step))]);
  }

  #move(point) {
    if (point === this.#cursor) return;
    this.#cursor = point;
    this.#draw();
  }

  #bounds() {
    let low = this.#options.floor ?? Infinity;
    let high = this.#options.ceiling ?? -Infinity;
    for (const p of this.#points) {
      if (p.y === null) continue;
      low = Math.min(low, p.y, p.low ?? p.y);
      high = Math.max(high, p.y, p.high ?? p.y);
    }
    if (this.#limit !== null) {
      low = Math.min(low, this.#limit);
      high = Math.max(high, this.#limit);
    }
    if (!(high > low)) {
      const room = Math.abs(high) * 0.02 || 1;
      return { low: low - room, high: high + room };
    }
    const room = (high - low) * 0.06;
    return {
      low: this.#options.floor !== undefined && low >= this.#options.floor ? low : low - room,
      high: high + room,
    };
  }

  #draw() {
    const width = this.svg.clientWidth;
    const height = this.#options.height;
    const drawn = this.#points.filter((p) => p.y !== null);
    this.svg.replaceChildren();
    const last = drawn[drawn.length - 1];
    const marked = this.#mark === null ? last : this.#nearest((p) => Math.abs(p.t - this.#mark));
    const shown = this.#cursor && drawn.includes(this.#cursor) ? this.#cursor : marked;
    this.value.textContent = shown ? this.#options.format(shown.y) : DASH;
    this.svg.setAttribute('aria-label', last
      ? texts.chart.label(this.#options.title, `${this.#options.format(last.y)} ${this.#options.unit || ''}`.trim(), drawn.length)
      : texts.chart.nothing(this.#options.title));
    this.#scale = null;
    if (!width) return;
    if (!last || !this.#range) {
      this.svg.append(s('text', { x: width / 2, y: height / 2, class: 'chart-empty', 'text-anchor': 'middle' },
        texts.chart.empty));
      return;
    }
    const { low, high } = this.#bounds();
    const { from, to } = this.#range;
    const x = (t) => PAD.left + ((t - from) / Math.max(1, to - from)) * (width - PAD.left - PAD.right);
    const y = (v) => height - PAD.bottom - ((v - low) / (high - low)) * (height - PAD.top - PAD.bottom);
    this.#scale = { x, y };
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#axes(width, height, low, high, x, y);
    const runs = this.#runs();
    for (const run of runs) {
      if (run.every((p) => p.low !== undefined && p.high !== undefined) && run.length > 1) {
        const there = run.map((p) => `${x(p.t).toFixed(1)},${y(p.high).toFixed(1)}`);
        const back = run.map((p) => `${x(p.t).toFixed(1)},${y(p.low).toFixed(1)}`).reverse();
        this.svg.append(s('path', { class: 'band', d: `M${there.concat(back).join('L')}Z` }));
      }
    }
    if (this.#limit !== null) {
      this.svg.append(
        s('line', { class: 'limit', x1: PAD.left, x2: width - PAD.right, y1: y(this.#limit), y2: y(this.#limit) }),
        s('text', { class: 'limit-label', x: PAD.left + 3, y: y(this.#limit) - 4 },
          texts.chart.threshold(this.#options.format(this.#limit))));
    }
    for (const run of runs) {
      this.svg.append(run.length === 1
        ? s('circle', { class: 'dot', cx: x(run[0].t), cy: y(run[0].y), r: 1.6 })
        : s('path', { class: 'line', d: 'M' + run.map((p) => `${x(p.t).toFixed(1)},${y(p.y).toFixed(1)}`).join('L') }));
    }
    for (const p of drawn) {
      if (p.bad) this.svg.append(s('path', { class: 'bad', d: `M${x(p.t) - 3},${y(p.y) - 3}l6,6m0,-6l-6,6` }));
    }
    if (this.#mark !== null) this.svg.append(s('line', { class: 'marked', x1: x(this.#mark), x2: x(this.#mark), y1: 0, y2: height - PAD.bottom }));
    if (shown === last) this.svg.append(s('circle', { class: 'head', cx: x(last.t), cy: y(last.y), r: 2.6 }));
    if (shown && (shown !== last || this.#cursor)) this.#readout(shown, x, y, width, height);
  }

  #axes(width, height, low, high, x, y) {
    for (const value of ticks(low, high, height > 150 ? 4 : 3)) {
      this.svg.append(
        s('line', { class: 'grid', x1: PAD.left, x2: width - PAD.right, y1: y(value), y2: y(value) }),
        s('text', { class: 'tick', x: PAD.left - 6, y: y(value) + 3.5, 'text-anchor': 'end' }, number(value)));
    }
    const { from, to } = this.#range;
    const count = width > 520 ? 4 : 2;
    for (let i = 0; i <= count; i++) {
      const t = from + ((to - from) * i) / count;
      this.svg.append(s('text', {
        class: 'tick', x: x(t), y: height - 5,
        'text-anchor': i === 0 ? 'start' : i === count ? 'end' : 'middle',
      }, axisTime(t, to - from)));
    }
  }

  #readout(point, x, y, width, height) {
    const px = x(point.t);
    this.svg.append(
      s('line', { class: 'cursor', x1: px, x2: px, y1: PAD.top, y2: height - PAD.bottom }),
      s('circle', { class: 'head', cx: px, cy: y(point.y), r: 3 }),
      s('text', { class: 'cursor-label', x: px + (px > width / 2 ? -5 : 5), y: PAD.top + 8,
        'text-anchor': px > width / 2 ? 'end' : 'start' }, clock(point.t)));
  }

  /** Stretches without a gap: a gap is longer than ten times the usual distance of two points. */
  #runs() {
    const points = this.#points.filter((p) => p.y !== null);
    const distances = points.slice(1).map((p, i) => p.t - points[i].t).sort((a, b) => a - b);
    const usual = distances[Math.floor(distances.length / 2)] || 0;
    const runs = [];
    points.forEach((p, i) => {
      if (i === 0 || p.t - points[i - 1].t > Math.max(10 * usual, 5000)) runs.push([]);
      runs[runs.length - 1].push(p);
    });
    return runs;
  }
}

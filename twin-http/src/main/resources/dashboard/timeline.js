// A machine's time: when which alert held, when it was maintained, and a slider that goes back into it.

import { PAD } from './chart.js';
import { h, s } from './dom.js';
import { axisTime, fullTime, words } from './format.js';
import { severityRank } from './judgement.js';
import { t } from './text.js';

const LANE = 12;
const ROW = 20;
const LANES_MAX = 8;
const LEAST_WIDTH = 4;
/** Holding still for so long chooses a moment; until then only the mark moves. */
const SETTLED_MS = 120;

export class Timeline {
  #span = null;
  #at = null;
  #stretches = [];
  #marks = [];
  #steps = [];
  #queued = false;
  #settling = 0;

  /** The moment that somebody chose is told at once by move, and by settle when they hold still; null is now. */
  constructor({ move, settle }) {
    this.svg = s('svg', { class: 'chart', role: 'img', height: ROW + PAD.bottom });
    this.input = h('input', { type: 'range', class: 'slider', step: 'any', min: 0, max: 1, value: 1, 'aria-label': t.timeline.slider });
    this.element = h('div', { class: 'panel timeline' }, this.svg, this.input);
    this.#tell = (at) => {
      this.#say(at);
      this.#at = at;
      this.#queue();
      move(at);
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => settle(at), SETTLED_MS);
    };
    this.input.addEventListener('input', () => this.#tell(this.#value()));
    this.input.addEventListener('keydown', (e) => this.#key(e));
    this.observer = new ResizeObserver(() => this.#queue());
    this.observer.observe(this.svg);
  }

  #tell;

  /**
   * @param span from and to in milliseconds
   * @param alerts {name, severity, from, to}; to is null for one that lasts
   * @param marks {t, name}: what was done to the machine
   * @param steps the times between which the arrow keys go
   * @param at the moment that is shown; null is now
   */
  show(span, alerts, marks, steps, at) {
    this.#span = span;
    this.#stretches = alerts.filter((alert) => alert.from <= span.to && (alert.to ?? Infinity) >= span.from);
    this.#marks = marks.filter((mark) => mark.t >= span.from && mark.t <= span.to);
    this.#steps = steps;
    this.input.min = span.from;
    this.input.max = span.to;
    this.input.value = at ?? span.to;
    this.#at = at;
    this.#say(at);
    this.#queue();
  }

  close() {
    clearTimeout(this.#settling);
    this.observer.disconnect();
  }

  #say(at) {
    this.input.setAttribute('aria-valuetext', at === null ? t.timeline.now : fullTime(at));
  }

  #value() {
    const value = Number(this.input.value);
    return value >= this.#span.to ? null : value;
  }

  /** The arrow keys go from reading to reading. */
  #key(event) {
    const forward = { ArrowLeft: false, ArrowDown: false, ArrowRight: true, ArrowUp: true }[event.key];
    if (forward === undefined || !this.#steps.length) return;
    event.preventDefault();
    const value = Number(this.input.value);
    const next = forward ? this.#steps.find((each) => each > value + 1) : this.#steps.findLast((each) => each < value - 1);
    if (next === undefined && !forward) return;
    this.input.value = next ?? this.#span.to;
    this.#tell(this.#value());
  }

  #queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      if (this.#span && this.svg.clientWidth) this.#draw(this.svg.clientWidth);
    });
  }

  #draw(width) {
    const worst = [...this.#stretches].sort((a, b) => severityRank(a) - severityRank(b));
    const names = [...new Set(worst.map((each) => each.name))].slice(0, LANES_MAX);
    const { from, to } = this.#span;
    const height = Math.max(1, names.length) * ROW + PAD.bottom;
    const left = PAD.left;
    const x = (at) => left + ((at - from) / Math.max(1, to - from)) * (width - left - PAD.right);
    this.svg.replaceChildren();
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.setAttribute('height', height);
    this.svg.setAttribute('aria-label', names.length ? t.timeline.alerts(names.map(words).join(', ')) : t.timeline.noAlerts);
    if (!names.length) this.svg.append(s('text', { class: 'tick', x: left, y: LANE }, t.timeline.noAlerts));
    names.forEach((name, row) => {
      const top = row * ROW + 2;
      this.svg.append(s('rect', { class: 'lane', x: left, y: top, width: Math.max(0, width - left - PAD.right), height: LANE, rx: 2 }));
      for (const each of this.#stretches.filter((one) => one.name === name)) {
        const start = x(Math.max(from, each.from));
        const end = x(Math.min(to, each.to ?? to));
        this.svg.append(s('rect', { class: 'stretch', 'data-severity': each.severity, x: start, y: top, width: Math.max(LEAST_WIDTH, end - start), height: LANE, rx: 2 },
          s('title', {}, `${words(name)}, ${words(each.severity)}: ${fullTime(each.from)} – ${each.to === null ? '' : fullTime(each.to)}`)));
      }
      this.svg.append(s('text', { class: 'lane-name', x: left + 5, y: top + LANE - 2.5 }, words(name)));
    });
    for (const mark of this.#marks) {
      this.svg.append(s('path', { class: 'done', d: `M${x(mark.t)},0v${height - PAD.bottom}m-4,0h8l-4,-6z` }, s('title', {}, `${mark.name}, ${fullTime(mark.t)}`)));
    }
    if (this.#at !== null) this.svg.append(s('line', { class: 'marked', x1: x(this.#at), x2: x(this.#at), y1: 0, y2: height - PAD.bottom }));
    const count = width > 760 ? 6 : width > 520 ? 4 : 2;
    for (let i = 0; i <= count; i++) {
      const at = from + ((to - from) * i) / count;
      this.svg.append(s('text', { class: 'tick', x: x(at), y: height - 5, 'text-anchor': i === 0 ? 'start' : i === count ? 'end' : 'middle' }, axisTime(at, to - from)));
    }
  }
}

// Makes elements. Text only ever becomes text: nothing here parses markup.

import { t, words } from './text.js';

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** Changes a text only when it differs, so that a selection in it survives. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// One shape a status: colour is never the only signal.
const SHAPES = {
  normal: () => [s('circle', { cx: 8, cy: 8, r: 6 }), s('path', { d: 'M5.2 8.2l2 2 3.6-4', class: 'cut' })],
  watch: () => [s('path', { d: 'M8 1.8l6.6 12H1.4z' }), s('path', { d: 'M8 6.2v3.6M8 11.6v.6', class: 'cut' })],
  alarm: () => [s('path', { d: 'M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2z' }), s('path', { d: 'M8 4.4v4.4M8 10.9v.7', class: 'cut' })],
  stale: () => [s('circle', { cx: 8, cy: 8, r: 5.6, class: 'hollow dashed' }), s('path', { d: 'M8 5v3.4l2.2 1.4', class: 'hollow' })],
  unknown: () => [s('circle', { cx: 8, cy: 8, r: 5.8, class: 'hollow' }), s('path', { d: 'M6.2 6.4c.2-2.3 3.8-2.2 3.6 0-.1 1.4-1.8 1.3-1.8 2.7M8 11.2v.5', class: 'hollow' })],
};

export const STATUSES = ['alarm', 'watch', 'stale', 'unknown', 'normal'];

export function statusIcon(status) {
  const shape = SHAPES[status] || SHAPES.unknown;
  return s('svg', { viewBox: '0 0 16 16', width: 16, height: 16, class: 'status-icon', 'aria-hidden': 'true' }, shape());
}

export function statusLabel(status) {
  const known = STATUSES.includes(status) ? status : 'unknown';
  return h('span', { class: 'status', 'data-status': known }, statusIcon(known), h('span', {}, words(known)));
}

export const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** A severity as bars and as a word. */
export function severityLabel(severity) {
  const level = SEVERITIES.length - SEVERITIES.indexOf(severity);
  return h('span', { class: 'severity', 'data-severity': severity },
    s('svg', { viewBox: '0 0 14 12', width: 14, height: 12, 'aria-hidden': 'true' }, [1, 2, 3, 4].map((each) =>
      s('rect', { x: (each - 1) * 3.5, y: 10 - 2.5 * each, width: 2.5, height: 2 + 2.5 * each, rx: 0.8, class: each <= level ? 'on' : 'off' }))),
    words(severity));
}

/** Where a page stands: links, the last of them the page itself. */
export function crumbs(...steps) {
  return h('nav', { class: 'crumbs', 'aria-label': t.frame.whereYouAre }, steps.flatMap(([label, href], i) => [
    i ? h('span', { 'aria-hidden': 'true' }, '/') : null,
    href ? h('a', { href }, label) : h('span', { 'aria-current': 'page' }, label)]));
}

/** What stands in place of something that is being fetched. */
export const loading = (lines = 1) => [
  ...Array.from({ length: lines }, () => h('div', { class: lines > 1 ? 'ghost' : 'ghost tall', 'aria-hidden': 'true' })),
  h('p', { class: 'hidden', role: 'status' }, t.frame.loading)];

/** What stands in place of something that could not be had, with a way out. */
export function trouble(title, error, again, ...more) {
  return h('div', { class: 'empty' }, h('h2', {}, title), h('p', {}, error.message),
    h('p', {}, again ? h('button', { type: 'button', onclick: again }, t.frame.tryAgain) : null, ...more));
}

/** A group of buttons of which one is pressed. */
export function segments(label, choices, chosen, choose) {
  const group = h('div', { class: 'segments', role: 'group', 'aria-label': label }, choices.map(([key, name]) =>
    h('button', { type: 'button', 'data-key': key, 'aria-pressed': String(key === chosen), onclick: () => { press(key); choose(key); } }, name)));
  const press = (key) => group.querySelectorAll('button').forEach((b) => b.setAttribute('aria-pressed', String(b.dataset.key === key)));
  return group;
}

export function select(label, choices, chosen, choose) {
  return h('select', { 'aria-label': label, onchange: (e) => choose(e.target.value) },
    choices.map(([key, name]) => h('option', { value: key, selected: key === chosen }, name)));
}

/** Remembers in the address what a page shows, without a step in the browser's history. */
export function remember(path, parameters) {
  const kept = Object.entries(parameters).filter(([, value]) => value);
  history.replaceState(null, '', path + (kept.length ? `?${new URLSearchParams(kept)}` : ''));
}

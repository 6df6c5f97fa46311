// Makes elements. Text only ever becomes text: nothing here parses markup.

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
  return h('span', { class: 'status', 'data-status': known }, statusIcon(known), h('span', {}, known));
}

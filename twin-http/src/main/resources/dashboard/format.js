// Numbers and times as people read them. What is not known is a dash.

import { locale, t, words } from './text.js';

export { words };
export const DASH = '–';

const known = (x) => typeof x === 'number' && Number.isFinite(x);

/** Four significant digits at most, without a trail of zeros. */
export function number(x) {
  if (!known(x)) return DASH;
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return x.toExponential(1).replace('e+', 'e');
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return x.toLocaleString(locale, { maximumFractionDigits: digits, useGrouping: size >= 10000 });
}

/** A whole number, grouped. */
export const whole = (x) => (known(x) ? x.toLocaleString(locale) : DASH);

export const fixed = (x, digits) => (known(x) ? x.toFixed(digits) : DASH);

export const percent = (x) => (known(x) ? `${(100 * x).toFixed(x > 0 && x < 0.01 ? 1 : 0)} %` : DASH);

export function rul(value) {
  return value && known(value.p50) ? `${Math.round(value.p50)} ${words(value.unit || '')}`.trim() : DASH;
}

/** A channel's name without the unit that is shown beside it. */
export function channelName(name, unit) {
  const ending = '_' + (unit || '').toLowerCase();
  return words(unit && name.endsWith(ending) ? name.slice(0, -ending.length) : name);
}

export function bytes(x) {
  if (!known(x)) return DASH;
  const size = [[2 ** 30, 'GB'], [2 ** 20, 'MB'], [2 ** 10, 'KB']].find(([least]) => x >= least);
  return size ? `${number(x / size[0])} ${size[1]}` : `${x} B`;
}

const format = (options) => new Intl.DateTimeFormat(locale, { ...options, hourCycle: 'h23' });
const CLOCK = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTE = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const FULL = format({ dateStyle: 'medium', timeStyle: 'medium' });

export const clock = (ms) => CLOCK.format(ms);
export const fullTime = (ms) => FULL.format(ms);
/** A time as the API writes it, in full. */
export const timeOf = (iso) => (iso ? fullTime(Date.parse(iso)) : DASH);
export function axisTime(ms, spanMs) {
  return (spanMs > 86400e3 ? DAY : spanMs > 600e3 ? MINUTE : CLOCK).format(ms);
}

/** How long ago, in the largest unit that fits. */
export function ago(ms, now = Date.now()) {
  if (!known(ms)) return DASH;
  const seconds = Math.round((now - ms) / 1000);
  if (seconds < -2) return t.time.in(span(-seconds));
  return seconds < 2 ? t.time.now : t.time.ago(span(seconds));
}

/** A time without its year and seconds, where many stand below one another. */
export const shortTime = (ms) => DAY.format(ms);

export function span(seconds) {
  if (seconds < 90) return `${seconds} ${t.time.s}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${t.time.min}`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} ${t.time.h}`;
  return `${Math.round(seconds / 86400)} ${t.time.d}`;
}

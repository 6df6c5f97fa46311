// A machine type as a form: what people change often in fields of its own, all else as JSON.

import { h, setText } from './dom.js';
import { words } from './format.js';
import { t } from './text.js';

const SEVERITIES = ['low', 'medium', 'high', 'critical'];
const KINDS = ['failure', 'anomaly', 'rul_below', 'high_high', 'high', 'low', 'low_low', 'rate_of_change', 'silence', 'all', 'any'];
const OF_A_CHANNEL = ['high_high', 'high', 'low', 'low_low', 'rate_of_change'];
/** Members with a field of their own. */
const DURATIONS = ['silence', 'lateness_bound'];
const FIELDS = ['name', 'channels', 'alert_rules', 'commissioning_readings', ...DURATIONS];

/** Seconds of a duration as the API writes it, such as PT1H30M; null for none. */
export function seconds(iso) {
  const found = String(iso ?? '').match(/^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/);
  return found ? 3600 * (found[1] || 0) + 60 * (found[2] || 0) + 1 * (found[3] || 0) : null;
}

const text = (name, value, attributes) => h('input', { type: 'text', name, value: value ?? '', autocomplete: 'off', spellcheck: 'false', 'aria-label': t.types.fields[name], ...attributes });
const amount = (name, value, attributes) => h('input', { type: 'number', step: 'any', name, value: value ?? '', 'aria-label': t.types.fields[name], ...attributes });
const choice = (name, value, values) => h('select', { name, 'aria-label': t.types.fields[name] }, values.map((each) => h('option', { value: each, selected: each === value }, words(each))));

/** The members of an object that fields stand for, in the place of those it had; empty fields take them away. */
function over(before, fields) {
  const after = { ...before };
  for (const [name, element] of Object.entries(fields)) {
    if (element.value === '') delete after[name];
    else after[name] = element.type === 'number' ? Number(element.value) : element.value.trim();
  }
  return after;
}

/** Rows of fields that can be added and taken away; values() is what they say. */
function rows(columns, items, fieldsOf, blank) {
  const present = [];
  const body = h('tbody', {});
  function add(item, focus) {
    const fields = fieldsOf(item);
    const entry = { item, fields };
    const row = h('tr', {}, Object.values(fields).map((field) => h('td', {}, field)),
      h('td', {}, h('button', { type: 'button', class: 'link', 'aria-label': t.types.removeRow, title: t.types.removeRow, onclick: () => { present.splice(present.indexOf(entry), 1); row.remove(); } }, '×')));
    present.push(entry);
    body.append(row);
    if (focus) Object.values(fields)[0].focus();
  }
  items.forEach((item) => add(item, false));
  return {
    element: h('div', {}, h('div', { class: 'scroll' }, h('table', { class: 'grid-table type-form' }, h('thead', {}, h('tr', {}, columns.map((name) => h('th', { scope: 'col' }, t.types.fields[name])), h('td', {}))), body)),
      h('button', { type: 'button', onclick: () => add(blank, true) }, t.types.addRow)),
    values: () => present.map(({ item, fields }) => over(item, fields)),
  };
}

/**
 * The form for a type, or for a new one where it has no name. Saving calls put with the type, which may fail: its message is
 * shown and the form stays.
 */
export function typeForm(type, put, leave) {
  const name = text('name', type.name, { required: true, readonly: type.name && type.known ? true : null });
  const commissioning = amount('commissioning_readings', type.commissioning_readings, { min: 0, step: 1 });
  const durations = Object.fromEntries(DURATIONS.map((each) => [each, amount(each, seconds(type[each]), { min: 0 })]));
  const channels = rows(['channel', 'unit', 'min', 'max'], type.channels || [],
    (channel) => ({ name: text('channel', channel.name, { required: true }), unit: text('unit', channel.unit), min: amount('min', channel.min), max: amount('max', channel.max) }), {});
  const rules = rows(['rule', 'kind', 'channel', 'on', 'off', 'severity'], type.alert_rules || [],
    (rule) => ({ name: text('rule', rule.name, { required: true }), kind: choice('kind', rule.kind || 'high', KINDS), channel: text('channel', rule.channel), on: amount('on', rule.on), off: amount('off', rule.off), severity: choice('severity', rule.severity || 'medium', SEVERITIES) }), {});
  const rest = h('textarea', { rows: 14, class: 'code', spellcheck: 'false', 'aria-label': t.types.rest });
  rest.value = JSON.stringify(Object.fromEntries(Object.entries(type).filter(([member]) => member !== 'known' && !FIELDS.includes(member))), null, 2);
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const save = h('button', { type: 'submit', class: 'primary' }, t.types.save);

  function said() {
    let others;
    try {
      others = JSON.parse(rest.value || '{}');
    } catch (e) {
      throw new Error(t.types.noJson(e.message));
    }
    const wanted = over({ ...others, name: name.value.trim() }, { commissioning_readings: commissioning });
    for (const [member, field] of Object.entries(durations)) if (field.value !== '') wanted[member] = `PT${Number(field.value)}S`;
    wanted.channels = channels.values();
    wanted.alert_rules = rules.values().map((rule) => {
      if (OF_A_CHANNEL.includes(rule.kind)) return rule;
      const { channel, ...without } = rule;
      return without;
    });
    return wanted;
  }

  async function send(event) {
    event.preventDefault();
    save.disabled = true;
    error.hidden = true;
    try {
      await put(said());
    } catch (e) {
      setText(error, e.message);
      error.hidden = false;
      error.scrollIntoView({ block: 'nearest' });
    } finally {
      save.disabled = false;
    }
  }

  const labelled = (field) => h('label', {}, h('span', {}, t.types.fields[field.name]), field);
  return h('form', { class: 'panel boxed type-editor', onsubmit: send }, h('p', { class: 'dim' }, t.types.editText),
    h('div', { class: 'fields' }, labelled(name), labelled(commissioning), Object.values(durations).map(labelled)),
    h('h3', {}, t.types.channels), channels.element, h('h3', {}, t.types.alerts), rules.element,
    h('details', {}, h('summary', {}, t.types.rest), rest), error,
    h('div', { class: 'dialog-end' }, h('button', { type: 'button', onclick: leave }, t.frame.cancel), save));
}

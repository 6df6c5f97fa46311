// Machine types: what a machine has and how it is judged.

import * as api from './api.js';
import { ask } from './dialog.js';
import { crumbs, h, loading, trouble } from './dom.js';
import { DASH, number, span, whole, words } from './format.js';
import { fact } from './judgement.js';
import { t } from './text.js';
import { seconds, typeForm } from './typeform.js';

const duration = (iso) => (seconds(iso) === null ? DASH : span(seconds(iso)));
const limit = (value) => (typeof value === 'number' ? number(value) : DASH);

const table = (columns, rows) => h('div', { class: 'panel scroll' }, h('table', { class: 'grid-table' },
  h('thead', {}, h('tr', {}, columns.map(([name, numeric]) => h('th', { scope: 'col', class: numeric ? 'num' : null }, name)))), h('tbody', {}, rows)));

export function typesView(name) {
  let closed = false;
  const body = h('div', {}, loading(3));
  const element = h('section', { class: 'page' }, name ? crumbs([t.types.title, '#/types'], [words(name)]) : null, body);

  function listOf(types) {
    return [h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.types.title), h('p', { class: 'dim' }, t.types.text)),
      api.may('engineer') ? h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => edit(null) }, t.types.add), h('button', { type: 'button', onclick: propose }, t.types.fromData)) : null),
    table([[t.types.type], [t.types.channels, true], [t.types.modes, true], [t.types.features, true], [t.types.alerts, true], [t.types.commissioning, true]], types.map((type) => h('tr', {},
      h('th', { scope: 'row' }, h('a', { href: `#/types/${encodeURIComponent(type.name)}` }, words(type.name))),
      [type.channels.length, type.operating_modes.length, type.features.length, type.alert_rules.length, type.commissioning_readings].map((n) => h('td', { class: 'num' }, whole(n))))))];
  }

  function pageOf(type) {
    const section = (title, content) => h('section', { class: 'block' }, h('h2', {}, title), content);
    return [h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, words(type.name))), h('div', { class: 'buttons' },
      api.may('engineer') ? h('button', { type: 'button', onclick: () => edit({ ...type, known: true }) }, t.types.change) : null,
      h('a', { class: 'button', href: `#/?type=${encodeURIComponent(type.name)}` }, t.types.machines))),
    h('section', { class: 'block' }, h('div', { class: 'panel boxed' }, h('div', { class: 'facts' },
      fact(t.types.silence, duration(type.silence)), fact(t.types.lateness, duration(type.lateness_bound)), fact(t.types.commissioning, whole(type.commissioning_readings)),
      type.rul_unit ? fact(t.judgement.rul, words(type.rul_unit), h('span', { class: 'dim small' }, t.types.horizon(number(type.rul_horizon)))) : null))),
    section(t.types.channels, type.channels.length ? table([[t.types.channel], [t.types.unit], [t.types.least, true], [t.types.greatest, true]], type.channels.map((channel) => h('tr', {},
      h('th', { scope: 'row' }, channel.name), h('td', {}, channel.unit || DASH), h('td', { class: 'num' }, limit(channel.min)), h('td', { class: 'num' }, limit(channel.max)))))
      : h('p', { class: 'panel quiet-line' }, t.types.learns)),
    type.alert_rules.length ? section(t.types.alerts, table([[t.types.rule], [t.alerts.severity], [t.types.kind], [t.types.on, true], [t.types.off, true]], type.alert_rules.map((rule) => h('tr', {},
      h('th', { scope: 'row' }, words(rule.name)), h('td', {}, words(rule.severity)), h('td', {}, words(String(rule.kind || '').toLowerCase())), h('td', { class: 'num' }, limit(rule.on)), h('td', { class: 'num' }, limit(rule.off)))))) : null,
    type.operating_modes.length ? section(t.types.modes, table([[t.types.mode], [t.types.when]], type.operating_modes.map((mode) => h('tr', {}, h('th', { scope: 'row' }, words(mode.name)),
      h('td', { class: 'long' }, (mode.ranges || []).map((range) => `${range.channel} ${limit(range.min ?? range.low)} – ${limit(range.max ?? range.high)}`).join(', ')))))) : null,
    type.features.length ? h('details', { class: 'panel features' }, h('summary', {}, t.machine.features(type.features.length)),
      h('dl', {}, type.features.map((feature) => h('div', {}, h('dt', {}, feature.name), h('dd', { class: 'dim' }, words(String(feature.kind).toLowerCase())))))) : null].filter(Boolean);
  }

  async function propose() {
    const proposal = await ask({ title: t.types.fromData, text: t.types.fromDataText, button: t.types.propose,
      fields: [{ name: 'name', label: t.types.name, required: true }, { name: 'csv', label: t.types.file, type: 'file', required: true }],
      action: async (values) => api.proposeType(values.name, await values.csv.text()) });
    if (proposal && !closed) edit(proposal.type, t.types.proposed(words(proposal.type.name), proposal.readings));
  }

  /** A form in the place of the page; one of a type that is there keeps its name. */
  function edit(type, title) {
    const put = async (wanted) => {
      await api.putType(wanted.name, wanted);
      if (closed) return;
      if (wanted.name === name) load();
      else location.hash = `#/types/${encodeURIComponent(wanted.name)}`;
    };
    body.replaceChildren(h('div', { class: 'page-head' }, h('h1', {}, title || (type ? t.types.changeTitle(words(type.name)) : t.types.add))),
      typeForm(type || { channels: [{}] }, put, load));
    body.querySelector('input:not([readonly])').focus();
  }

  async function load() {
    try {
      const { items } = await api.types();
      if (closed) return;
      const type = items.find((each) => each.name === name);
      if (name && !type) throw new Error(t.types.noSuch(name));
      body.replaceChildren(...(name ? pageOf(type) : listOf(items)).filter(Boolean));
    } catch (e) {
      if (!closed) body.replaceChildren(h('div', { class: 'panel' }, trouble(t.types.cannot, e, load)));
    }
  }

  load();
  return { element, title: name ? words(name) : t.types.title, close: () => { closed = true; } };
}

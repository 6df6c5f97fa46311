// The nodes, and whether everything that they need is there.

import * as api from './api.js';
import { h, loading, statusIcon, trouble } from './dom.js';
import { bytes, DASH, number, span, whole, words } from './format.js';
import { fact } from './judgement.js';
import { t } from './text.js';

const EVERY_MS = 5000;

/** Whether each part is ready; with names, those whose name begins with one of them come first. */
export async function readyPanel(first = []) {
  const answer = await api.ready();
  if (!answer?.parts) return [h('section', { class: 'block' }, h('h2', {}, t.cluster.ready), h('p', { class: 'panel quiet-line error' }, answer?.detail || t.frame.unreachable))];
  const rank = ([name]) => (first.some((each) => name.startsWith(each)) ? 0 : 1);
  return [h('section', { class: 'block' }, h('h2', {}, t.cluster.ready), h('ul', { class: 'panel parts' }, Object.entries(answer.parts).sort((a, b) => rank(a) - rank(b)).map(([name, part]) =>
    h('li', { class: 'status', 'data-status': part.ready ? 'normal' : 'alarm' }, statusIcon(part.ready ? 'normal' : 'alarm'),
      h('span', { class: 'alert-what' }, h('b', {}, words(name)), h('span', { class: 'dim small' }, part.ready ? t.cluster.isReady : part.detail || t.cluster.notReady))))))];
}

/** The values of the program's own metrics, summed over their labels. */
function metricsOf(text) {
  const values = new Map();
  for (const line of text.split('\n')) {
    const found = line.match(/^(twin_[a-z0-9_]+)(?:\{[^}]*\})? ([-+0-9.eE]+)/);
    if (found) values.set(found[1], (values.get(found[1]) || 0) + Number(found[2]));
  }
  return values;
}

const FIGURES = ['twin_machines', 'twin_machines_active', 'twin_shards', 'twin_shard_moves_total', 'twin_readings_in_flight', 'twin_dead_letters_total', 'twin_kafka_lag', 'twin_live_subscribers', 'twin_jobs_running', 'twin_model_failures_total'];

export function clusterView() {
  let closed = false;
  const body = h('div', {}, loading(3));
  const element = h('section', { class: 'page' }, h('div', { class: 'page-head' }, h('h1', {}, t.cluster.title)), body);

  function members(info) {
    const rows = info.members.map((member) => h('tr', {}, h('th', { scope: 'row' }, member.address, member.address === info.node ? h('span', { class: 'dim small' }, ` ${t.cluster.thisNode}`) : null),
      h('td', {}, h('span', { class: 'status', 'data-status': member.reachable === false ? 'alarm' : member.status === 'Up' ? 'normal' : 'watch' },
        statusIcon(member.reachable === false ? 'alarm' : member.status === 'Up' ? 'normal' : 'watch'), member.reachable === false ? t.cluster.unreachable : member.status)),
      h('td', {}, (member.roles || []).join(', ') || DASH)));
    return h('section', { class: 'block' }, h('h2', {}, t.cluster.members(info.members.length)), h('div', { class: 'panel scroll' }, h('table', { class: 'grid-table' },
      h('thead', {}, h('tr', {}, [t.cluster.address, t.cluster.status, t.cluster.roles].map((name) => h('th', { scope: 'col' }, name)))), h('tbody', {}, rows))));
  }

  function node(info, metrics) {
    const runtime = info.runtime;
    return h('section', { class: 'block' }, h('h2', {}, t.cluster.node), h('div', { class: 'panel boxed' }, h('div', { class: 'facts' },
      fact(t.cluster.version, info.version), fact(t.cluster.up, span(runtime.uptime_sec)), fact(t.cluster.heap, bytes(runtime.heap_used_bytes), h('span', { class: 'dim small' }, t.cluster.of(bytes(runtime.heap_max_bytes)))),
      fact(t.cluster.processors, whole(runtime.processors)), fact('Java', runtime.java), fact(t.cluster.system, runtime.os)),
    metrics ? h('dl', { class: 'told figures-list' }, FIGURES.filter((name) => metrics.has(name)).map((name) => h('div', {}, h('dt', {}, t.cluster.figures[name]), h('dd', { class: 'num' }, number(metrics.get(name)))))) : null,
    h('p', { class: 'dim small' }, t.cluster.models(info.models.join(', ') || DASH))));
  }

  async function load() {
    try {
      const [info, metrics, ready] = await Promise.all([api.systemInfo(), api.metrics().then(metricsOf, () => null), readyPanel(['database', 'cluster'])]);
      if (!closed) body.replaceChildren(...ready, members(info), node(info, metrics));
    } catch (e) {
      if (!closed) body.replaceChildren(h('div', { class: 'panel' }, trouble(t.cluster.cannot, e, load)));
    }
  }

  const timer = setInterval(() => { if (!document.hidden) load(); }, EVERY_MS);
  load();
  return { element, title: t.cluster.title, close: () => { closed = true; clearInterval(timer); } };
}

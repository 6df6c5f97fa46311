// The bundles of models: what their training measured, and which one decides.

import * as api from './api.js';
import { h, loading, trouble } from './dom.js';
import { DASH, number, whole, words } from './format.js';
import { t } from './text.js';

const COLUMNS = ['precision', 'recall', 'f1', 'pr_auc', 'roc_auc', 'mcc', 'brier', 'rmse', 'rmse_capped', 'score'];

/** What the training of a bundle measured, as a table; null when it says nothing. */
export function figuresTable(figures) {
  const groups = Object.entries(figures || {}).filter(([, value]) => value && typeof value === 'object' && COLUMNS.some((column) => typeof value[column] === 'number'));
  if (!groups.length) return null;
  const columns = COLUMNS.filter((column) => groups.some(([, value]) => typeof value[column] === 'number'));
  return h('div', { class: 'scroll' }, h('table', { class: 'grid-table' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t.models.ofWhat), columns.map((column) => h('th', { scope: 'col', class: 'num' }, words(column))))),
    h('tbody', {}, groups.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, words(name)), columns.map((column) => h('td', { class: 'num' }, value[column] === undefined ? DASH : number(value[column]))))))));
}

function bundlePanel(bundle) {
  const figures = figuresTable(bundle.figures);
  return h('article', { class: 'panel boxed bundle', 'data-champion': bundle.champion },
    h('div', { class: 'bundle-head' }, h('h3', {}, bundle.version),
      bundle.champion ? h('span', { class: 'tag gained' }, t.models.champion) : null,
      bundle.loaded ? h('span', { class: 'tag' }, t.models.loaded) : null,
      bundle.trouble ? h('span', { class: 'tag lost' }, t.models.broken) : null),
    bundle.trouble ? h('p', { class: 'error' }, bundle.trouble) : null,
    bundle.parts ? h('p', {}, t.models.parts(bundle.parts.map(words).join(', '))) : null,
    bundle.training ? h('p', { class: 'dim small' }, t.models.training(whole(bundle.training.rows), bundle.training.data)) : null,
    figures ? h('details', { class: 'figures', open: bundle.champion }, h('summary', {}, t.models.figures), figures) : null,
    bundle.sha256 ? h('p', { class: 'dim small' }, h('code', { title: bundle.sha256 }, bundle.sha256.slice(0, 16))) : null);
}

export function modelsView() {
  let closed = false;
  const body = h('div', {}, loading(3));
  const element = h('section', { class: 'page' }, h('div', { class: 'page-head' }, h('div', {}, h('h1', {}, t.models.title), h('p', { class: 'dim' }, t.models.text))), body);

  async function load() {
    try {
      const { items } = await api.models();
      if (closed) return;
      const types = [...new Set(items.map((bundle) => bundle.type))].sort();
      const rank = (bundle) => (bundle.champion ? 0 : 1);
      body.replaceChildren(...(types.length ? types.map((type) => h('section', { class: 'block' }, h('h2', {}, h('a', { href: `#/types/${encodeURIComponent(type)}` }, words(type))),
        items.filter((bundle) => bundle.type === type).sort((a, b) => rank(a) - rank(b) || (a.version < b.version ? 1 : -1)).map(bundlePanel)))
        : [h('p', { class: 'panel quiet-line' }, t.models.none)]));
    } catch (e) {
      if (!closed) body.replaceChildren(h('div', { class: 'panel' }, trouble(t.models.cannot, e, load)));
    }
  }

  load();
  return { element, title: t.models.title, close: () => { closed = true; } };
}

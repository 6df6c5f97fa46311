// A machine as it was after one event of its past.

import * as api from './api.js';
import { h } from './dom.js';
import { DASH, fullTime, number, words } from './format.js';
import { alertList, explanationPanel, factsOf, modesPanel } from './judgement.js';

const shown = (iso) => (iso ? fullTime(Date.parse(iso)) : DASH);

/** Who or what brought an event about, in words. */
function because(cause) {
  if (cause.kind === 'principal') return `${cause.principal}${cause.reason ? `: ${cause.reason}` : ''}`;
  if (cause.kind === 'program') return `the program: ${cause.reason || 'it was due'}`;
  return `a reading over ${cause.source}${cause.queue ? `, ${cause.queue}` : ''}`;
}

export function momentView(id, revision) {
  let closed = false;
  const here = `#/machines/${encodeURIComponent(id)}`;
  const body = h('div', {});
  const element = h('section', { class: 'page' },
    h('nav', { class: 'crumbs', 'aria-label': 'Where you are' }, h('a', { href: '#/' }, 'Fleet'), h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: here }, id), h('span', { 'aria-hidden': 'true' }, '/'), h('span', {}, `revision ${revision}`)),
    body);

  function eventPanel(event) {
    return h('section', { class: 'block', 'aria-label': 'Event' }, h('h2', {}, 'The event'),
      h('dl', { class: 'panel told' }, [
        ['Kind', words(event.event)], ['Recorded', shown(event.recorded_at)], ['Because of', because(event.cause)],
        ['Hash', h('code', {}, event.hash.slice(0, 16))], ['Follows', h('code', {}, event.previous_hash.slice(0, 16))],
      ].map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
  }

  function readingPanel(reading) {
    if (!reading) return null;
    const quality = (name) => (reading.quality || {})[name] || 'good';
    return h('section', { class: 'block', 'aria-label': 'Newest reading' }, h('h2', {}, `Newest reading, ${shown(reading.timestamp)}`),
      h('dl', { class: 'panel told' }, Object.entries(reading.values).map(([name, value]) =>
        h('div', {}, h('dt', {}, words(name)), h('dd', { class: 'num' }, number(value), quality(name) === 'good' ? null : h('span', { class: 'error small' }, ` ${quality(name)}`))))));
  }

  function featurePanel(features) {
    const entries = Object.entries(features || {});
    return entries.length ? h('details', { class: 'panel features' }, h('summary', {}, `Features (${entries.length})`),
      h('dl', {}, entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', { class: 'num' }, number(value)))))) : null;
  }

  async function load() {
    body.replaceChildren(h('div', { class: 'ghost tall' }), h('p', { class: 'hidden', role: 'status' }, 'Loading'));
    try {
      const [state, now, events, why] = await Promise.all([
        api.stateAt(id, revision), api.state(id), api.event(id, revision), api.explanation(id, { revision }).catch(() => null)]);
      if (closed) return;
      const a = state.assessment || {};
      const panel = why && explanationPanel(why);
      body.replaceChildren(...[
        h('div', { class: 'page-head' },
          h('div', {}, h('h1', {}, `${id} at revision ${revision.toLocaleString('en')}`),
            h('p', { class: 'dim' }, [words(state.machine_type), a.model, state.as_of ? `its time ${shown(state.as_of)}` : 'before its first reading'].filter(Boolean).join(' · '))),
          h('div', { class: 'facts' }, factsOf(state))),
        h('nav', { class: 'steps', 'aria-label': 'Revisions' },
          revision > 1 ? h('a', { class: 'button', href: `${here}/at/${revision - 1}` }, '← Event before') : null,
          revision < now.revision ? h('a', { class: 'button', href: `${here}/at/${revision + 1}` }, 'Next event →') : null,
          h('a', { class: 'button', href: here }, 'Now')),
        events.items.length ? eventPanel(events.items[0]) : null,
        h('section', { class: 'block', 'aria-label': 'Open alerts' }, h('h2', {}, 'Open alerts then'), alertList(state.alerts)),
        a.failure_probability === undefined ? null : h('section', { class: 'block' }, h('h2', {}, 'Failure'), modesPanel(a)),
        panel ? h('section', { class: 'block' }, h('h2', {}, 'Why'), panel) : null,
        readingPanel(state.reading),
        featurePanel(state.features),
      ].filter(Boolean));
    } catch (e) {
      if (closed) return;
      body.replaceChildren(h('div', { class: 'panel empty' }, h('h2', {}, 'This moment cannot be shown'), h('p', {}, e.message),
        h('p', {}, h('button', { type: 'button', onclick: load }, 'Try again'), ' ', h('a', { href: here }, 'Back to the machine'))));
    }
  }

  load();
  return { element, title: `${id} at revision ${revision}`, close: () => { closed = true; } };
}

// Where one can go: across the top, and at the bottom edge of a phone.

import { WAITING } from './actions.js';
import * as api from './api.js';
import { h, s, setText } from './dom.js';
import { t } from './text.js';

const ICONS = {
  fleet: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z',
  alerts: 'M10 2.5a5 5 0 0 0-5 5c0 4.5-2 6-2 6h14s-2-1.5-2-6a5 5 0 0 0-5-5zM8.3 16.500a2 2 0 0 0 3.4 0',
  models: 'M10 2.500l7.5 4-7.5 4-7.5-4zM2.5 10l7.5 4 7.5-4M2.5 13.500l7.5 4 7.5-4',
  ingest: 'M10 2.500v9M6.5 8l3.5 3.500L13.5 8M3 12v5h14v-5',
  cluster: 'M10 2.500a2.2 2.2 0 1 0 .01 0zM4.5 13a2.2 2.2 0 1 0 .01 0zM15.5 13a2.2 2.2 0 1 0 .01 0zM9 6.700l-3.3 6.500M11 6.700l3.3 6.500M6.8 15.200h6.4',
  types: 'M3 5h8M15 5h2M3 10h2M9 10h8M3 15h6M13 15h4M13 3.200v3.600M7 8.200v3.600M11 13.200v3.6',
  users: 'M10 3a3.2 3.2 0 1 0 .01 0zM3.5 17c.600-4 3.2-5.5 6.5-5.500s5.9 1.5 6.5 5.5',
  more: 'M4 10h.01M10 10h.01M16 10h.01',
};

/** What a phone has room for; the rest is behind a button. */
const AT_HAND = 4;
const COUNT_EVERY_MS = 2000;
const COUNT_MAX = 100;

const icon = (name) => s('svg', { viewBox: '0 0 20 20', width: 20, height: 20, class: 'nav-icon', 'aria-hidden': 'true' }, s('path', { d: ICONS[name] }));

export class Navigation {
  #links = new Map();
  #badge = h('span', { class: 'badge', hidden: true });
  #waiting = 0;

  constructor(element) {
    this.element = element;
    element.setAttribute('aria-label', t.nav.label);
  }

  /** Shows the pages that this caller may see. */
  show(pages) {
    const link = (name, i) => {
      const a = h('a', { href: name === 'fleet' ? '#/' : `#/${name}`, onclick: () => this.#open(false) }, icon(name), h('span', {}, t.nav[name]), name === 'alerts' ? this.#badge : null);
      this.#links.set(name, a);
      return h('li', { class: i >= AT_HAND ? 'rest' : null }, a);
    };
    this.more = h('button', { type: 'button', class: 'nav-more', 'aria-expanded': 'false', onclick: () => this.#open(this.more.getAttribute('aria-expanded') !== 'true') }, icon('more'), h('span', {}, t.nav.more));
    this.element.replaceChildren(h('ul', {}, pages.map(link), pages.length > AT_HAND ? h('li', { class: 'nav-more-item' }, this.more) : null));
    this.element.addEventListener('keydown', (e) => { if (e.key === 'Escape') this.#open(false); });
  }

  #open(open) {
    this.more.setAttribute('aria-expanded', String(open));
    this.element.classList.toggle('open', open);
  }

  /** Marks where we are. */
  at(name) {
    this.#links.forEach((a, each) => (each === name ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current')));
  }

  /** Counts the alerts that wait for somebody, now and after each change of one. */
  countAlerts(live) {
    const count = async () => {
      this.#waiting = 0;
      try {
        const { items, next_cursor: more } = await api.alerts({ state: WAITING.join(','), limit: COUNT_MAX });
        this.#badge.hidden = !items.length;
        setText(this.#badge, more ? `${COUNT_MAX}+` : String(items.length));
        this.#badge.setAttribute('aria-label', t.nav.waiting(items.length));
      } catch {
        this.#badge.hidden = true;
      }
    };
    const soon = () => {
      if (!this.#waiting) this.#waiting = setTimeout(count, COUNT_EVERY_MS);
    };
    live.on('alert', soon);
    live.on('connection', (now) => { if (now === 'live') count(); });
  }
}

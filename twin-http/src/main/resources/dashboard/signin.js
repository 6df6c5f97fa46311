// Asks for an API key where the server wants one, and begins a session with it. The key goes to
// the server once and is not kept here: the cookie of the session cannot be read by any script.

import * as api from './api.js';
import { h, setText } from './dom.js';
import { t } from './text.js';

export function signInView(ended) {
  const key = h('input', { id: 'api-key', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'primary' }, t.signin.title);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.hidden = true;
    try {
      await api.signIn(key.value);
      // Everything begins anew, with the session.
      location.reload();
    } catch (e) {
      setText(error, e.message);
      error.hidden = false;
      button.disabled = false;
      key.select();
    }
  };
  const element = h('section', { class: 'page' },
    h('form', { class: 'panel sign-in', onsubmit: submit },
      h('h1', {}, t.signin.title),
      h('p', { class: 'dim' }, ended ? t.signin.ended : t.signin.wanted),
      h('label', { for: 'api-key' }, t.signin.key), key, error, button));
  return { element, title: t.signin.title, close: () => {}, shown: () => key.focus() };
}

// Asks for an API key where the server wants one, and begins a session with it. The key goes to
// the server once and is not kept here: the cookie of the session cannot be read by any script.

import * as api from './api.js';
import { h, setText } from './dom.js';

export function signInView(ended) {
  const key = h('input', { id: 'api-key', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit' }, 'Sign in');
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
      h('h1', {}, 'Sign in'),
      h('p', { class: 'dim' }, ended ? 'Your session has ended.' : 'This server wants an API key.'),
      h('label', { for: 'api-key' }, 'API key'), key, error, button));
  return { element, title: 'Sign in', close: () => {}, shown: () => key.focus() };
}

// The language of the page: the browser's where it is one of these, or the one chosen here, which is kept.

import en from './en.js';
import ko from './ko.js';

const TEXTS = { en, ko };
const KEY = 'twin-language';

const preferred = () => (navigator.languages || [navigator.language]).map((each) => each.split('-')[0]).find((each) => TEXTS[each]);

function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    if (TEXTS[kept]) return kept;
  } catch {
    // Without storage the browser's language holds.
  }
  return preferred() || 'en';
}

export const language = chosen();

/** Every text of the page, in its language. */
export const t = TEXTS[language];

/** How numbers and times are written: as the browser does where it speaks the same language. */
export const locale = (navigator.languages || []).find((each) => each.split('-')[0] === language) || language;

/** A word of the data, such as a status or a failure mode; names that nobody has translated stay as they are. */
export const words = (name) => t.words[name] || String(name || '').replaceAll('_', ' ');

export function startLanguage(select) {
  select.setAttribute('aria-label', t.frame.language);
  select.replaceChildren(...Object.entries(TEXTS).map(([key, text]) => {
    const option = document.createElement('option');
    option.value = key;
    option.lang = key;
    option.textContent = text.name;
    option.selected = key === language;
    return option;
  }));
  select.addEventListener('change', () => {
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // Nothing to keep it in: the page stays as it is.
      return;
    }
    location.reload();
  });
}

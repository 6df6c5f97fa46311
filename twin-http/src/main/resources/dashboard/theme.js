// Light, dark, or as the system says; the choice is kept in this browser.

import { t } from './text.js';

const ORDER = ['system', 'light', 'dark'];
const KEY = 'twin-theme';

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.includes(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

export function startTheme(button) {
  let theme = stored();
  const show = () => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = t.theme[theme];
    button.setAttribute('aria-label', t.theme.label(t.theme[theme]));
    button.title = t.theme.title;
  };
  button.addEventListener('click', () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice holds until the page is left.
    }
    show();
  });
  show();
}

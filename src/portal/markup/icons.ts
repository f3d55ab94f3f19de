/** The drawings on buttons, in the colour of the text around them. Beside each stands its word. */

import { drawing, type Html } from './html.ts';

export const ICONS = {
  eye: icon('<path d="M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12z"/><circle cx="12" cy="12" r="3"/>'),
  eyeOff: icon(
    '<path d="M4 4l16 16M9.9 5.2A9.8 9.8 0 0 1 12 5c6.4 0 10 7 10 7a17 17 0 0 1-3.2 4M6.3 6.6A16.6 16.6 0 0 0 2 12s3.6 7 10 7a10 10 0 0 0 4.6-1.1M9.9 9.9a3 3 0 0 0 4.2 4.2"/>',
  ),
  copy: icon(
    '<rect x="9" y="9" width="12" height="12" rx="2"/><path d="M5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1"/>',
  ),
  refresh: icon('<path d="M20 11a8 8 0 1 0-2.3 6.2"/><path d="M20 4v7h-7"/>'),
  print: icon('<path d="M7 9V3h10v6M7 18H4v-8h16v8h-3"/><path d="M7 15h10v6H7z"/>'),
  download: icon('<path d="M12 3v12m-5-5 5 5 5-5M4 20h16"/>'),
} as const;

function icon(shapes: string): Html {
  return drawing(
    `<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" ` +
      `stroke-linejoin="round" aria-hidden="true">${shapes}</svg>`,
  );
}

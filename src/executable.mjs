/**
 * The program as the single executable has it: with the contents of the files that the sources read from beside them.
 * Only `bun build` reads this (scripts/build.mjs), and it fails where one of them is missing.
 */

import icon from './portal/assets/icon.svg' with { type: 'text' };
import script from './portal/assets/script.js' with { type: 'text' };
import style from './portal/assets/style.css' with { type: 'text' };
import { embedAssets } from './portal/assets.ts';

embedAssets({ 'icon.svg': icon, 'script.js': script, 'style.css': style });
await import('./main.ts');

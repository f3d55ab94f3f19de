/**
 * The program as the single executable has it: with the contents of the files that the sources read from beside them.
 * Only `bun build` reads this (scripts/build.mjs), and it fails where one of them is missing.
 */

import icon from '#portal/http/assets/icon.svg' with { type: 'text' };
import script from '#portal/http/assets/script.js' with { type: 'text' };
import style from '#portal/http/assets/style.css' with { type: 'text' };
import { embedAssets } from '#portal/http/assets.ts';

embedAssets({ 'icon.svg': icon, 'script.js': script, 'style.css': style });
await import('./main.ts');

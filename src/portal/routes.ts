/**
 * The table of all routes, each with the level that it needs (levels.ts). The only way to a page is through this table,
 * and a test walks it.
 */

import { languageRoutes } from './pages/language.ts';
import { secondFactorRoutes } from './pages/second-factor.ts';
import { signInRoutes } from './pages/sign-in.ts';
import { stepUpRoutes } from './pages/step-up.ts';
import { twoStepRoutes } from './pages/two-step.ts';
import type { Route } from './visit.ts';

export const ROUTES: readonly Route[] = [
  ...signInRoutes,
  ...secondFactorRoutes,
  ...stepUpRoutes,
  ...languageRoutes,
  ...twoStepRoutes,
];

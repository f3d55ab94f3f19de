/** The table of the API: every row, by resource. */

import type { Route } from './route.ts';
import { ACCOUNT_ROUTES } from './routes/accounts.ts';
import { APP_PASSWORD_ROUTES } from './routes/app-passwords.ts';
import { AUDIT_ROUTES } from './routes/audit.ts';
import { DOMAIN_ROUTES } from './routes/domains.ts';
import { SESSION_ROUTES } from './routes/sessions.ts';

export const ROUTES: readonly Route[] = [
  ...DOMAIN_ROUTES,
  ...ACCOUNT_ROUTES,
  ...APP_PASSWORD_ROUTES,
  ...SESSION_ROUTES,
  ...AUDIT_ROUTES,
];

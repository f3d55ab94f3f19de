/** The table of the API: every row, by resource. */

import type { Route } from './route.ts';
import { ACCOUNT_ROUTES } from '#service/routes/accounts.ts';
import { APP_PASSWORD_ROUTES } from '#service/routes/app-passwords.ts';
import { AUDIT_ROUTES } from '#service/routes/audit.ts';
import { DOMAIN_ROUTES } from '#service/routes/domains.ts';
import { SESSION_ROUTES } from '#service/routes/sessions.ts';

export const ROUTES: readonly Route[] = [
  ...DOMAIN_ROUTES,
  ...ACCOUNT_ROUTES,
  ...APP_PASSWORD_ROUTES,
  ...SESSION_ROUTES,
  ...AUDIT_ROUTES,
];

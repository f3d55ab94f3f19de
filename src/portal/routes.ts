/**
 * The table of all routes, each with the level that it needs (levels.ts). The only way to a page is through this table,
 * and a test walks it.
 */

import { activityRoutes } from './pages/activity.ts';
import { adminAuditRoutes } from './pages/admin-audit.ts';
import { adminDomainRoutes } from './pages/admin-domain.ts';
import { adminHomeRoutes } from './pages/admin-home.ts';
import { adminNoticeRoutes } from './pages/admin-notice.ts';
import { adminOptionsRoutes } from './pages/admin-options.ts';
import { adminReviewRoutes } from './pages/admin-review.ts';
import { adminSignInRoutes } from './pages/admin-sign-in.ts';
import { adminUserRoutes } from './pages/admin-user.ts';
import { adminUsersRoutes } from './pages/admin-users.ts';
import { appPasswordRoutes } from './pages/app-passwords.ts';
import { deviceCodeRoutes } from './pages/device-codes.ts';
import { dnsRecordRoutes } from './pages/dns-records.ts';
import { deviceRoutes } from './pages/devices.ts';
import { fetchSettingsRoutes } from './pages/fetch-settings.ts';
import { languageRoutes } from './pages/language.ts';
import { newAppPasswordRoutes } from './pages/new-app-password.ts';
import { recoveryCodeRoutes } from './pages/recovery-codes.ts';
import { passkeyRoutes } from './pages/passkeys.ts';
import { recoveryAddressRoutes } from './pages/recovery-address.ts';
import { removeFactorRoutes } from './pages/remove-factor.ts';
import { secondFactorRoutes } from './pages/second-factor.ts';
import { setUpDoneRoutes } from './pages/set-up-done.ts';
import { setUpRoutes } from './pages/set-up.ts';
import { signInRoutes } from './pages/sign-in.ts';
import { stepUpRoutes } from './pages/step-up.ts';
import { turnOffRoutes } from './pages/turn-off.ts';
import { twoStepRoutes } from './pages/two-step.ts';
import type { Route } from './visit.ts';

export const ROUTES: readonly Route[] = [
  ...signInRoutes,
  ...secondFactorRoutes,
  ...stepUpRoutes,
  ...languageRoutes,
  ...twoStepRoutes,
  ...setUpRoutes,
  ...recoveryAddressRoutes,
  ...passkeyRoutes,
  ...setUpDoneRoutes,
  ...removeFactorRoutes,
  ...newAppPasswordRoutes,
  ...appPasswordRoutes,
  ...recoveryCodeRoutes,
  ...turnOffRoutes,
  ...activityRoutes,
  ...dnsRecordRoutes,
  ...deviceRoutes,
  ...deviceCodeRoutes,
  ...fetchSettingsRoutes,
  ...adminSignInRoutes,
  ...adminHomeRoutes,
  ...adminDomainRoutes,
  ...adminReviewRoutes,
  ...adminNoticeRoutes,
  ...adminOptionsRoutes,
  ...adminUsersRoutes,
  ...adminUserRoutes,
  ...adminAuditRoutes,
];

/**
 * The table of all routes, each with the level that it needs (portal/http/access-levels.ts). The only way to a page is
 * through this table, and a test walks it.
 */

import { activityRoutes } from '#portal/account/activity-page.ts';
import { adminAuditRoutes } from '#portal/admin/audit-page.ts';
import { adminDomainRoutes } from '#portal/admin/domain-page.ts';
import { adminHomeRoutes } from '#portal/admin/domains-page.ts';
import { adminNoticeRoutes } from '#portal/admin/notice-page.ts';
import { adminOptionsRoutes } from '#portal/admin/options-page.ts';
import { adminReviewRoutes } from '#portal/admin/review-page.ts';
import { adminSignInRoutes } from '#portal/admin/sign-in-page.ts';
import { adminUserRoutes } from '#portal/admin/user-page.ts';
import { adminUsersRoutes } from '#portal/admin/users-page.ts';
import { appPasswordRoutes } from '#portal/app-passwords/app-passwords-page.ts';
import { deviceCodeRoutes } from '#portal/devices/qr-pages.ts';
import { dnsRecordRoutes } from '#portal/admin/dns-records-page.ts';
import { deviceRoutes } from '#portal/devices/devices-page.ts';
import { fetchSettingsRoutes } from '#portal/devices/settings-download.ts';
import { languageRoutes } from '#portal/account/language-page.ts';
import { newAppPasswordRoutes } from '#portal/app-passwords/new-app-password-page.ts';
import { recoveryCodeRoutes } from '#portal/two-step/recovery-codes-page.ts';
import { passkeyRoutes } from '#portal/two-step/passkeys-page.ts';
import { recoveryAddressRoutes } from '#portal/two-step/recovery-address-page.ts';
import { removeFactorRoutes } from '#portal/two-step/remove-factor-page.ts';
import { secondFactorRoutes } from '#portal/sign-in/second-factor-page.ts';
import { setUpDoneRoutes } from '#portal/two-step/set-up-done-page.ts';
import { setUpRoutes } from '#portal/two-step/set-up-page.ts';
import { signInRoutes } from '#portal/sign-in/sign-in-page.ts';
import { stepUpRoutes } from '#portal/sign-in/step-up-page.ts';
import { turnOffRoutes } from '#portal/two-step/turn-off-page.ts';
import { twoStepRoutes } from '#portal/two-step/two-step-page.ts';
import type { Route } from '#portal/http/page.ts';

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

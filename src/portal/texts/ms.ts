/** Every Malay text of the portal. */

import { activity } from '#portal/texts/ms/activity.ts';
import { admin } from '#portal/texts/ms/admin.ts';
import { appPasswords } from '#portal/texts/ms/app-passwords.ts';
import { common } from '#portal/texts/ms/common.ts';
import { devices } from '#portal/texts/ms/devices.ts';
import { email } from '#portal/texts/ms/email.ts';
import { passkeys } from '#portal/texts/ms/passkeys.ts';
import { signIn } from '#portal/texts/ms/sign-in.ts';
import { twoStep } from '#portal/texts/ms/two-step.ts';
import type { Texts } from './shape.ts';

export const ms: Texts = { ...common, signIn, email, twoStep, passkeys, devices, appPasswords, activity, admin };

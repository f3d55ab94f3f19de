/** Every English text of the portal. */

import { activity } from '#portal/texts/en/activity.ts';
import { admin } from '#portal/texts/en/admin.ts';
import { appPasswords } from '#portal/texts/en/app-passwords.ts';
import { common } from '#portal/texts/en/common.ts';
import { devices } from '#portal/texts/en/devices.ts';
import { email } from '#portal/texts/en/email.ts';
import { passkeys } from '#portal/texts/en/passkeys.ts';
import { signIn } from '#portal/texts/en/sign-in.ts';
import { twoStep } from '#portal/texts/en/two-step.ts';

export const en = { ...common, signIn, email, twoStep, passkeys, devices, appPasswords, activity, admin };

/** Every English text of the portal. */

import { activity } from './en/activity.ts';
import { admin } from './en/admin.ts';
import { appPasswords } from './en/app-passwords.ts';
import { common } from './en/common.ts';
import { devices } from './en/devices.ts';
import { email } from './en/email.ts';
import { passkeys } from './en/passkeys.ts';
import { signIn } from './en/sign-in.ts';
import { twoStep } from './en/two-step.ts';

export const en = { ...common, signIn, email, twoStep, passkeys, devices, appPasswords, activity, admin };

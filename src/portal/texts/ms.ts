/** Every Malay text of the portal. */

import { activity } from './ms/activity.ts';
import { admin } from './ms/admin.ts';
import { appPasswords } from './ms/app-passwords.ts';
import { common } from './ms/common.ts';
import { devices } from './ms/devices.ts';
import { email } from './ms/email.ts';
import { passkeys } from './ms/passkeys.ts';
import { signIn } from './ms/sign-in.ts';
import { twoStep } from './ms/two-step.ts';
import type { Texts } from './shape.ts';

export const ms: Texts = { ...common, signIn, email, twoStep, passkeys, devices, appPasswords, activity, admin };

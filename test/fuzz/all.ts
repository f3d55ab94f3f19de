/** Everything that is fuzzed. */

import { BACKEND_TARGETS } from './backends.ts';
import { BOUNDARY_TARGETS } from './command-trackers.ts';
import { CONFIG_TARGETS } from './config.ts';
import { FORM_TARGETS } from './forms.ts';
import { FRONT_TARGETS } from './fronts.ts';
import { GATE_TARGET } from './gates.ts';
import { IMAP_COMMANDS_TARGET } from './imap-commands.ts';
import { NAME_TARGETS } from './names.ts';
import { SECOND_LOGIN_TARGET } from './second-login.ts';
import type { FuzzTarget } from './target.ts';
import { WIRE_TARGETS } from './wire.ts';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...FRONT_TARGETS,
  IMAP_COMMANDS_TARGET,
  ...BACKEND_TARGETS,
  ...BOUNDARY_TARGETS,
  GATE_TARGET,
  ...WIRE_TARGETS,
  ...NAME_TARGETS,
  ...CONFIG_TARGETS,
  ...FORM_TARGETS,
  SECOND_LOGIN_TARGET,
];

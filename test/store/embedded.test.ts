/** The embedded store: the contract, the file itself, several processes at once, and every way to lose the disk. */

import { adapterContract } from './adapter-contract.ts';
import { storeContract } from './contract.ts';
import { openFreshFile } from './embedded-fresh.ts';

storeContract('embedded', openFreshFile);
adapterContract('embedded', openFreshFile, 100_000);

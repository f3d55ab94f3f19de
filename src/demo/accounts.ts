/** The sample accounts of the demo. Their ordinary passwords are no secrets: they open nothing but the demo. */

export interface DemoAccount {
  readonly address: string;
  readonly ordinaryPassword: string;
}

export const ALICE: DemoAccount = { address: 'alice@two-step.example', ordinaryPassword: 'alice-ordinary' };
export const BOB: DemoAccount = { address: 'bob@two-step.example', ordinaryPassword: 'bob-ordinary' };
const CAROL: DemoAccount = { address: 'carol@forced.example', ordinaryPassword: 'carol-ordinary' };

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [ALICE, BOB, CAROL];

/** The mailbox that codes and notices come from; the gateway sends as it by the master password. */
export const DEMO_SENDER = 'postern@two-step.example';

/** What an administrator has chosen for the two domains. */
export const DEMO_DOMAINS = { 'two-step.example': 'enabled', 'forced.example': 'forced' } as const;

/** `postern domain list | show | set`: whether the accounts of a domain may or must use two-step authentication. */

import { Argument, type Command, Option } from 'commander';
import { Fault } from '#core/fault.ts';
import { planChoice } from '#policy/domains/domain-change.ts';
import { setDomain, showDomain, type DomainChange, type DomainView } from '#policy/domains/domains.ts';
import { domainImpact, type DomainImpact } from '#policy/domains/impact.ts';
import type { Store } from '#policy/ports/store.ts';
import { addCommand, atDesk, confirm, withYes, type Cli, type Desk, type YesOption } from './cli.ts';
import { counted, facts, formatTime, table } from './layout.ts';
import { parseTime } from './moments.ts';
import { DOMAIN_MODES, FACTOR_KINDS, HINTS, REVEALS } from '#policy/ports/records.ts';
import type { DomainRecord, FactorKind } from '#policy/ports/records.ts';

const PAGE = 500;

interface SetOptions extends YesOption {
  readonly from?: string;
  readonly methods?: string;
  readonly reveal?: DomainRecord['reveal'];
  readonly hints?: DomainRecord['hints'];
  readonly trustBrowsers?: string;
  readonly maxAppPasswords?: string;
  readonly appPasswordDays?: string;
}

/** Adds the commands to the program. */
export function addDomainCommands(program: Command, cli: Cli): void {
  const domain = addCommand(program, 'domain', {
    description: 'Whether the accounts of a domain may or must use two-step authentication.',
    examples: ['domain list', 'domain set example.org enabled'],
  });
  addCommand(domain, 'list', { description: 'All domains and their choices.', examples: ['domain list'] }).action(
    (_options, command: Command) => atDesk(cli, command, list),
  );
  addCommand(domain, 'show <domain>', {
    description: 'One domain, how many of its accounts have enrolled, and its open sessions.',
    examples: ['domain show example.org'],
  }).action((name: string, _options, command: Command) => atDesk(cli, command, (desk) => show(desk, name)));
  addSet(domain, cli);
}

function addSet(domain: Command, cli: Cli): void {
  const set = addCommand(domain, 'set', {
    description: [
      'Change the choice of a domain. It holds at once, on every gateway; sessions that it no longer permits are closed.',
      'disabled: the ordinary password only. enabled: accounts that enrol use app passwords. forced: all must enrol.',
    ].join('\n'),
    examples: [
      'domain set example.org enabled',
      'domain set example.org forced --from 2027-01-31',
      'domain set example.org --reveal once --hints never',
    ],
  });
  withYes(set)
    .argument('<domain>')
    .addArgument(new Argument('[mode]').choices(DOMAIN_MODES))
    .option('--from <time>', 'with forced: from then on, until then as enabled (2027-01-31, "2027-01-31 08:00", 90d)')
    .option('--methods <list>', `second factors to choose from: ${FACTOR_KINDS.join(', ')}`)
    .addOption(new Option('--reveal <when>', 'show an app password again').choices(REVEALS))
    .addOption(new Option('--hints <when>', 'tell the right ordinary password what to do').choices(HINTS))
    .option('--trust-browsers <days>', 'how long a browser may leave the second factor out; 0: never')
    .option('--max-app-passwords <number>', 'app passwords of one account; `any`: as many as the settings say')
    .option('--app-password-days <days>', 'the longest life of a new app password; `any`: none need end')
    .action((name: string, mode: DomainRecord['mode'] | undefined, options: SetOptions, command: Command) =>
      atDesk(cli, command, (desk) => change(desk, name, mode, options)),
    );
}

async function list(desk: Desk): Promise<void> {
  const records = await recordsOf(desk.context.store);
  const names = new Set([...Object.keys(desk.settings.gateway.domainBackends), ...records.keys()]);
  const views = await Promise.all([...names].toSorted().map((name) => showDomain(desk.context, name)));
  desk.report(
    views.map((view) => jsonOf(view)),
    () =>
      table(
        ['DOMAIN', 'MODE', 'METHODS', 'REVEAL', 'HINTS'],
        views.map((view) => [view.domain, modeWords(view, desk), ...choiceWords(view.record)]),
        desk.paint,
      ),
  );
}

async function show(desk: Desk, name: string): Promise<void> {
  const view = await showDomain(desk.context, name);
  const impact = await domainImpact(desk.context.store, view.domain, view.record, desk.now);
  desk.report({ ...jsonOf(view), enrolled: impact.enrolled, sessions: impact.sessions }, () =>
    facts(
      [
        ['domain', view.domain],
        ['mode', modeWords(view, desk)],
        ['methods', view.record.methods.join(', ')],
        ['reveal', view.record.reveal],
        ['hints', view.record.hints],
        ['trusted browsers', trustWords(view.policy)],
        ['app passwords', appPasswordWords(view.policy)],
        ['enrolled', counted(impact.enrolled, 'account')],
        ['sessions', `${impact.sessions} open`],
      ],
      desk.paint,
    ),
  );
}

async function change(
  desk: Desk,
  name: string,
  mode: DomainRecord['mode'] | undefined,
  options: SetOptions,
): Promise<void> {
  const wanted = changeOf(desk, mode, options);
  const { before, after, impact } = await planChoice(desk.context, name, wanted);
  const question = questionFor(before, after.record, impact);
  if (question !== undefined) await confirm(desk.cli, options, question);
  const view = await setDomain(desk.context, desk.actor, name, wanted);
  desk.report({ ...jsonOf(view), enrolled: impact.enrolled, sessionsClosing: impact.closing }, () =>
    [
      `${view.domain} is now ${modeWords(view, desk)}: ${counted(impact.enrolled, 'account')} enrolled, ` +
        `${counted(impact.closing, 'session')} closed.`,
      ...consequences(view, impact),
    ].join('\n'),
  );
}

function changeOf(desk: Desk, mode: DomainRecord['mode'] | undefined, options: SetOptions): DomainChange {
  const { from, methods, reveal, hints } = options;
  const change: DomainChange = {
    ...(mode === undefined ? {} : { mode }),
    ...(from === undefined ? {} : { forcedFrom: parseTime(from, desk.now, '--from') }),
    ...(methods === undefined ? {} : { methods: parseMethods(methods) }),
    ...(reveal === undefined ? {} : { reveal }),
    ...(hints === undefined ? {} : { hints }),
    ...limitsOf(options),
  };
  if (Object.keys(change).length > 0) return change;
  throw new Fault('USAGE', 'nothing to change: name a mode, or an option such as --reveal');
}

function limitsOf({ trustBrowsers, maxAppPasswords, appPasswordDays }: SetOptions): DomainChange {
  return {
    ...(trustBrowsers === undefined ? {} : { trustedBrowserDays: wholeNumber(trustBrowsers, '--trust-browsers') }),
    ...(maxAppPasswords === undefined ? {} : { maxAppPasswords: wholeOrAny(maxAppPasswords, '--max-app-passwords') }),
    ...(appPasswordDays === undefined ? {} : { appPasswordDays: wholeOrAny(appPasswordDays, '--app-password-days') }),
  };
}

function wholeOrAny(typed: string, option: string): number | undefined {
  return typed === 'any' ? undefined : wholeNumber(typed, option);
}

function wholeNumber(typed: string, option: string): number {
  if (/^\d{1,6}$/.test(typed)) return Number(typed);
  throw new Fault('USAGE', `${option}: "${typed}" is not a whole number`);
}

function parseMethods(typed: string): readonly FactorKind[] {
  const words = typed.split(/[\s,]+/).filter((word) => word !== '');
  const unknown = words.find((word) => FACTOR_KINDS.every((method) => method !== word));
  if (unknown !== undefined) throw new Fault('USAGE', `--methods: "${unknown}" is none of ${FACTOR_KINDS.join(', ')}`);
  return FACTOR_KINDS.filter((method) => words.includes(method));
}

// Asked only where somebody would notice: sessions end, or enrolled accounts lose their protection.
function questionFor({ domain, record }: DomainView, after: DomainRecord, impact: DomainImpact): string | undefined {
  const weaker = after.mode === 'disabled' && record.mode !== 'disabled' && impact.enrolled > 0;
  if (weaker)
    return `${domain}: ${counted(impact.enrolled, 'enrolled account')} would fall back to the ordinary password. Go on?`;
  if (impact.closing === 0) return undefined;
  return `${domain}: ${counted(impact.closing, 'session')} of ${impact.sessions} would be closed. Go on?`;
}

function consequences({ policy }: DomainView, impact: DomainImpact): readonly string[] {
  if (policy.mode === 'disabled' || impact.unprepared === 0) return [];
  const who = `${counted(impact.unprepared, 'account')} connected with the ordinary password`;
  if (policy.mode === 'forced') return [`${who} must enrol before their mail programs work again.`];
  return policy.cutOffAt === undefined ? [] : [`${who} will be cut off then unless they enrol.`];
}

async function recordsOf(store: Store): Promise<ReadonlyMap<string, DomainRecord>> {
  const records = new Map<string, DomainRecord>();
  let cursor: string | undefined;
  do {
    const page = await store.listDomains(cursor, PAGE);
    for (const { domain, record } of page.items) records.set(domain, record);
    cursor = page.next;
  } while (cursor !== undefined);
  return records;
}

function modeWords({ policy, decided }: DomainView, desk: Desk): string {
  const colour = { disabled: 'dim', enabled: 'green', forced: 'green' } as const;
  const mode = desk.paint(colour[policy.mode], policy.mode);
  if (policy.cutOffAt !== undefined) return `${mode}, forced from ${formatTime(policy.cutOffAt, desk.now)}`;
  return decided ? mode : `${mode} (nobody has decided)`;
}

function trustWords({ trustedBrowserDays }: DomainView['policy']): string {
  return trustedBrowserDays === 0 ? 'none' : `for ${counted(trustedBrowserDays, 'day')}`;
}

function appPasswordWords({ maxAppPasswords, appPasswordDays }: DomainView['policy']): string {
  const number = maxAppPasswords === undefined ? 'as many as the settings say' : `at most ${maxAppPasswords}`;
  return appPasswordDays === undefined ? number : `${number}, for ${counted(appPasswordDays, 'day')} at most`;
}

function choiceWords({ methods, reveal, hints }: DomainRecord): readonly string[] {
  return [methods.join(', '), reveal, hints];
}

function jsonOf({ domain, decided, record, policy }: DomainView): Record<string, unknown> {
  const { methods, reveal, hints } = record;
  const forcedFrom = record.forcedFrom === undefined ? null : new Date(record.forcedFrom).toISOString();
  const { trustedBrowserDays, maxAppPasswords = null, appPasswordDays = null } = policy;
  const limits = { trustedBrowserDays, maxAppPasswords, appPasswordDays };
  return { domain, decided, mode: record.mode, forcedFrom, modeNow: policy.mode, methods, reveal, hints, ...limits };
}

/**
 * A configuration profile for the mail app of iPhone, iPad and Mac: an IMAP account with its own app password, in
 * Apple's property list. Apple "Mail" payload (com.apple.mail.managed).
 */

import type { Secret } from '#core/secret.ts';
import { html as xml } from '#portal/markup/html.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';

export interface AppleProfile {
  readonly account: string;
  readonly password: Secret;
  /** Names the app password, so that the profile of another device never takes this one's place. */
  readonly id: string;
  /** Random, version 4 (RFC 9562 §5.4): of the profile, and of the account in it. */
  readonly uuids: { readonly profile: string; readonly account: string };
  /** The service's name, and the portal's host. */
  readonly service: string;
  readonly host: string;
  readonly description: string;
  readonly servers: { readonly imap: MailServer; readonly submission: MailServer };
}

/** The profile, not signed yet. */
export function appleProfile(about: AppleProfile): string {
  const { account, password, uuids, service, description, servers } = about;
  const { imap, submission } = servers;
  const identifier = `${about.host.split('.').toReversed().join('.')}.postern.${about.id}`;
  return xml`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>${identifier}</string>
  <key>PayloadUUID</key><string>${uuids.profile}</string>
  <key>PayloadDisplayName</key><string>${service}: ${account}</string>
  <key>PayloadDescription</key><string>${description}</string>
  <key>PayloadOrganization</key><string>${service}</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.mail.managed</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>${identifier}.mail</string>
      <key>PayloadUUID</key><string>${uuids.account}</string>
      <key>PayloadDisplayName</key><string>${account}</string>
      <key>EmailAccountDescription</key><string>${account}</string>
      <key>EmailAccountType</key><string>EmailTypeIMAP</string>
      <key>EmailAddress</key><string>${account}</string>
      <key>IncomingMailServerAuthentication</key><string>EmailAuthPassword</string>
      <key>IncomingMailServerHostName</key><string>${imap.host}</string>
      <key>IncomingMailServerPortNumber</key><integer>${imap.port}</integer>
      <key>IncomingMailServerUseSSL</key><true/>
      <key>IncomingMailServerUsername</key><string>${account}</string>
      <key>IncomingPassword</key><string>${password.expose()}</string>
      <key>OutgoingMailServerAuthentication</key><string>EmailAuthPassword</string>
      <key>OutgoingMailServerHostName</key><string>${submission.host}</string>
      <key>OutgoingMailServerPortNumber</key><integer>${submission.port}</integer>
      <key>OutgoingMailServerUseSSL</key><true/>
      <key>OutgoingMailServerUsername</key><string>${account}</string>
      <key>OutgoingPasswordSameAsIncomingPassword</key><true/>
      <key>PreventMove</key><false/>
    </dict>
  </array>
</dict>
</plist>
`.toString();
}

/** Who is connected now, and recent sign-ins and refusals. */

export const activity = {
  title: 'Sign-ins',
  connectedTitle: 'Connected now',
  connectedLead: 'Mail apps and devices that are signed in to your account at this moment.',
  nobody: 'No mail app is connected.',
  app: 'Mail app',
  from: 'From',
  since: 'Since',
  signedInWith: 'Signed in with',
  openers: {
    'ordinary-password': 'your usual password',
    'app-password': 'an app password',
    token: 'webmail sign-in',
  },
  namedPassword: (name: string) => `app password “${name}”`,
  cutOff: 'Disconnect',
  cutOffNamed: (protocol: string, address: string) => `Disconnect ${protocol} from ${address}`,
  cutOffDone: 'The app is being disconnected. It may sign in again unless you reset or revoke its app password.',

  recentTitle: 'Recent events',
  recentLead: 'If you do not recognise one of these, reset your app passwords and change your usual password.',
  noEvents: 'Nothing has happened yet.',
  when: 'When',
  what: 'What',
  by: { self: 'by you', gateway: '', admin: 'by an administrator' },
};

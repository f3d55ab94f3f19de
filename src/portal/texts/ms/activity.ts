/** Who is connected now, and recent sign-ins and refusals, in Malay. */

export const activity = {
  title: 'Log masuk',
  connectedTitle: 'Bersambung sekarang',
  connectedLead: 'Aplikasi e-mel dan peranti yang sedang log masuk ke akaun anda.',
  nobody: 'Tiada aplikasi e-mel yang bersambung.',
  app: 'Aplikasi e-mel',
  from: 'Dari',
  since: 'Sejak',
  signedInWith: 'Log masuk dengan',
  openers: {
    'ordinary-password': 'kata laluan biasa anda',
    'app-password': 'kata laluan aplikasi',
    token: 'log masuk mel web',
  },
  namedPassword: (name: string) => `kata laluan aplikasi “${name}”`,
  cutOff: 'Putuskan',
  cutOffNamed: (protocol: string, address: string) => `Putuskan ${protocol} dari ${address}`,
  cutOffDone:
    'Aplikasi itu sedang diputuskan. Ia boleh log masuk semula kecuali anda menetapkan semula atau membatalkan kata laluan aplikasinya.',

  recentTitle: 'Peristiwa terkini',
  recentLead:
    'Jika anda tidak mengenali salah satu daripadanya, tetapkan semula kata laluan aplikasi dan tukar kata laluan biasa anda.',
  noEvents: 'Belum ada apa-apa yang berlaku.',
  when: 'Bila',
  what: 'Apa',
  by: { self: 'oleh anda', gateway: '', admin: 'oleh pentadbir' },
};

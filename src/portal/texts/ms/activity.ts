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
  by: { self: 'oleh anda', admin: 'oleh pentadbir' },

  fromNetwork: (network: string) => `dari ${network}`,
  hinted: (protocol: string) => `Aplikasi e-mel ditolak: ia menggunakan kata laluan biasa anda (${protocol})`,
  browser: {
    'browser.signed-in': (browser: string) => `Log masuk dengan ${browser}`,
    'browser.refused': (browser: string) => `Kata laluan betul tetapi kod salah, dengan ${browser}`,
  },
  appPassword: {
    'app-password.added': (name: string) => `Kata laluan aplikasi “${name}” ditambah`,
    'app-password.renamed': (name: string) => `Kata laluan aplikasi dinamakan semula kepada “${name}”`,
    'app-password.revealed': (name: string) => `Kata laluan aplikasi “${name}” ditunjukkan`,
    'app-password.reset': (name: string) => `Kata laluan aplikasi “${name}” ditetapkan semula`,
    'app-password.revoked': (name: string) => `Kata laluan aplikasi “${name}” dibatalkan`,
  },
  events: {
    'domain.changed': 'Pentadbir mengubah peraturan domain anda',
    'account.enrolled': 'Pengesahan 2 Langkah disediakan',
    'account.unenrolled': 'Pengesahan 2 Langkah dimatikan',
    'account.suspended': 'Akaun digantung',
    'account.resumed': 'Akaun tidak lagi digantung',
    'account.recovery-code-used': 'Kod pemulihan digunakan',
    'account.recovery-codes-renewed': 'Kod pemulihan baharu dibuat',
    'account.recovery-address-changed': 'Alamat E-mel Pemulihan diubah',
    'account.factor-removed': 'Satu kaedah pengesahan dibuang',
    'account.factors-reset': 'Kaedah pengesahan ditetapkan semula',
    'account.unlocked': 'Percubaan yang salah dilupakan',
    'session.cut-off': 'Aplikasi e-mel diputuskan',
  },
};

/** Setting up a device, in Malay. */

export const devices = {
  title: 'Sediakan peranti',
  lead: 'Perkara yang perlu diketahui oleh aplikasi e-mel anda. Kebanyakan aplikasi mencari pelayan sendiri sebaik sahaja anda menaip alamat e-mel dan kata laluan.',
  yourDetails: 'Butiran anda',
  userName: 'Nama pengguna',
  password: 'Kata laluan',
  appPassword: 'Kata laluan aplikasi, bukan kata laluan biasa anda. Beri setiap peranti kata laluannya sendiri.',
  usualPassword: 'Kata laluan biasa akaun e-mel anda.',
  addAppPassword: 'Tambah kata laluan aplikasi',
  server: 'Pelayan',
  port: 'Port',
  security: 'Keselamatan',
  securities: { implicit: 'SSL/TLS', starttls: 'STARTTLS' },
  authentication: 'Pengesahan',
  normalPassword: 'Kata laluan biasa (normal password)',
  none: 'Pentadbir anda belum menyatakan pelayan untuk aplikasi e-mel. Tanya mereka.',

  programs: 'Pilih program anda',
  apple: 'iPhone, iPad, Mac',
  appleLead: 'Imbas kod dengan kamera, atau buka pada peranti itu sendiri: semuanya disediakan untuk anda.',
  appleButton: 'Sediakan iPhone, iPad atau Mac',
  thunderbirdAndroid: 'Thunderbird pada Android',
  thunderbirdAndroidLead: 'Imbas kod dalam aplikasi: semuanya disediakan untuk anda.',
  thunderbirdAndroidButton: 'Sediakan Thunderbird pada Android',
  android: 'Aplikasi lain pada Android',
  androidSteps: (account: string) =>
    [
      'Dalam aplikasi, pilih untuk menambah akaun, kemudian “Other” atau “Personal (IMAP)”.',
      `Taip ${account} dan kata laluan yang diterangkan di atas.`,
      'Apabila aplikasi meminta pelayan, taip pelayan di atas. Nama pengguna ialah alamat e-mel penuh anda, untuk menerima dan menghantar.',
    ].join('\n'),
  thunderbird: 'Thunderbird pada komputer',
  thunderbirdSteps: (account: string) =>
    [
      'Pilih Account Settings, Account Actions, Add Mail Account.',
      `Taip nama anda, ${account} dan kata laluan yang diterangkan di atas, kemudian pilih Continue.`,
      'Thunderbird mencari pelayan sendiri. Jika tidak, pilih Configure manually dan taip pelayan di atas.',
    ].join('\n'),
  outlook: 'Outlook',
  outlookSteps: (account: string) =>
    [
      'Pilih File, Add Account.',
      `Taip ${account}, buka pilihan lanjutan dan pilih untuk menyediakan akaun sendiri, kemudian IMAP.`,
      'Taip pelayan di atas jika Outlook tidak menemuinya, kemudian kata laluan yang diterangkan di atas. Biarkan Secure Password Authentication (SPA) tidak dipilih.',
    ].join('\n'),

  deviceName: 'Nama peranti',
  deviceNameHint: 'Kata laluan aplikasinya disenaraikan di bawah nama ini.',
  showCode: 'Tunjukkan kod',
  takesPassword: 'Peranti mendapat kata laluan aplikasinya sendiri, yang boleh anda tamatkan pada bila-bila masa.',
  full: 'Anda sudah mempunyai bilangan maksimum kata laluan aplikasi. Batalkan yang tidak lagi digunakan.',
  appleQr: 'Kod QR dengan pautan penyediaan',
  appleScan: 'Halakan kamera peranti pada gambar ini dan buka pautan itu. Ia sah sekali sahaja, selama lima minit.',
  appleHere: 'Inilah perantinya',
  appleDone:
    'Pautan itu telah digunakan, atau lima minitnya sudah tamat. Minta kod baharu jika peranti belum disediakan.',
  appleAfter: 'Kemudian, pada peranti itu, buka Settings, pilih “Profile Downloaded”, dan pasangkannya.',
  androidQr: 'Kod QR untuk Thunderbird pada Android',
  androidScan:
    'Dalam Thunderbird, pilih untuk menambah akaun, kemudian “Import settings”, “Scan QR code”, dan halakan pada gambar ini.',
  androidWarning:
    'Jangan tunjukkan gambar ini kepada sesiapa: kata laluan peranti ada di dalamnya. Ia ditunjukkan selama dua minit.',
  finished: 'Selesai',

  fetchTitle: 'Sediakan e-mel pada peranti ini',
  fetchLead: (account: string) => `Untuk ${account}.`,
  fetchText:
    'Muat turun profil, kemudian buka Settings, pilih “Profile Downloaded”, dan pasangkannya. Pada Mac, buka fail itu.',
  fetchOnce:
    'Pautan ini sah sekali sahaja. Ia membuat kata laluan aplikasi untuk peranti ini, yang dilihat pemiliknya dalam senarai.',
  fetchButton: 'Muat turun profil',
  fetchGone: 'Pautan ini tidak lagi sah',
  fetchGoneText: 'Ia telah digunakan, atau lima minitnya sudah tamat. Minta kod baharu di bawah “Sediakan peranti”.',
  profileText: (account: string) => `Menyediakan e-mel ${account} pada peranti ini.`,

  dnsLead:
    'Dengan rekod ini dalam zon domain, aplikasi e-mel mencari pelayan sendiri. Salinkannya kepada penjaga DNS anda.',
  dnsCopy: 'Salin rekod DNS',
  dnsCertificate: (name: string) => `Thunderbird bertanya di ${name}: sijil halaman ini perlu menamakannya juga.`,
};

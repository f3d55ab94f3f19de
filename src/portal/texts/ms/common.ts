/** What stands on every page, and the pages that say why a request could not be answered, in Malay. */

export const common = {
  settings: 'Tetapan',
  account: 'Akaun',
  activityTitle: 'Log masuk',
  signOut: 'Log keluar',
  language: 'Bahasa',
  skipToContent: 'Langkau ke kandungan',
  mainNavigation: 'Utama',
  trail: 'Anda di sini',
  back: 'Kembali',
  cancel: 'Batal',
  done: 'Selesai',
  next: 'Seterusnya',
  problem: 'Terdapat masalah',

  add: 'Tambah',
  copy: 'Salin',
  copied: 'Disalin',
  print: 'Cetak',

  never: 'tidak pernah',
  unknown: 'tidak diketahui',
  everyProtocol: 'semua protokol e-mel',
  protocols: {
    imap: 'Menerima (IMAP)',
    pop3: 'Menerima (POP3)',
    submission: 'Menghantar (SMTP)',
    sieve: 'Penapis (ManageSieve)',
  },
  seconds: (count: number) => `${count} saat`,
  minutes: (count: number) => (count === 1 ? 'satu minit' : `${count} minit`),

  faults: {
    badRequest: { title: 'Permintaan ini tidak difahami', text: 'Kembali dan cuba lagi.' },
    foreignForm: {
      title: 'Halaman ini sudah lama',
      text: 'Tiada apa-apa yang diubah. Pelayar anda tidak menunjukkan bahawa borang itu datang daripada halaman ini: kuki mungkin dimatikan, atau anda telah log masuk atau log keluar di tab lain. Buka semula halaman itu dan ulangi.',
    },
    forbidden: { title: 'Ini bukan untuk anda', text: 'Akaun anda tidak dibenarkan melakukan perkara ini.' },
    adminWithoutTwoStep: {
      title: 'Sediakan Pengesahan 2 Langkah dahulu',
      text: 'Pentadbir memerlukannya, dan ia dimatikan untuk domain anda sendiri. Minta pengendali perkhidmatan ini membenarkannya di sana.',
    },
    notFound: {
      title: 'Tiada halaman sedemikian',
      text: 'Halaman itu mungkin telah dipindahkan, atau alamatnya tersalah taip.',
    },
    wrongHost: { title: 'Ini bukan alamat halaman ini', text: 'Buka dengan alamatnya sendiri:' },
    tooLarge: {
      title: 'Terlalu banyak',
      text: 'Borang itu mengandungi lebih daripada yang diterima halaman ini. Kembali dan pendekkannya.',
    },
    throttled: {
      title: 'Terlalu banyak percubaan',
      text: 'Terlalu banyak permintaan datang daripada rangkaian anda. Tunggu sebentar dan cuba lagi.',
    },
    notAllowed: {
      title: 'Ini tidak dapat dilakukan',
      text: 'Tiada apa-apa yang diubah. Akaun anda telah berubah sementara itu, atau pentadbir anda tidak membenarkannya.',
    },
    unavailable: {
      title: 'Tidak berfungsi buat masa ini',
      text: 'Perkhidmatan ini tidak dapat dihubungi buat seketika. Tiada apa-apa yang diubah, dan kata laluan atau kod anda tidak salah. Cuba lagi sebentar nanti.',
    },
    internal: {
      title: 'Ada sesuatu yang tidak kena di sini',
      text: 'Ini kesilapan kami, bukan kesilapan anda. Cuba lagi; jika masih berlaku, beritahu pentadbir anda nombor ini:',
    },
  },
};

/** Pages of domain admins: the option of a domain, its users, its audit, in Malay. */

import { auditActions } from './admin-audit.ts';

const people = (count: number): string => (count === 1 ? 'seorang pengguna' : `${count} orang pengguna`);
const apps = (count: number): string =>
  count === 1 ? 'satu aplikasi e-mel yang bersambung' : `${count} aplikasi e-mel yang bersambung`;

const disconnected = (count: number): string =>
  count === 0 ? 'Tiada aplikasi e-mel yang diputuskan.' : `Diputuskan: ${apps(count)}.`;

/** A sentence begins with a capital letter. */
const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const admin = {
  title: 'Pentadbir',
  parts: { option: 'Pengesahan 2 Langkah', options: 'Pilihan', users: 'Pengguna', audit: 'Audit', dns: 'Rekod DNS' },
  partsOf: (domain: string) => `Halaman ${domain}`,

  signIn: {
    link: 'Log masuk sebagai pentadbir setempat',
    title: 'Log masuk sebagai pentadbir setempat',
    lead: 'Untuk pentadbir tanpa peti mel. Pentadbir yang mempunyai peti mel log masuk seperti orang lain.',
    name: 'Nama',
    password: 'Kata laluan',
    code: 'Kod pengesahan',
    codeHint: 'Enam digit yang ditunjukkan oleh aplikasi pengesah anda sekarang.',
    submit: 'Log masuk',
    wrong:
      'Nama, kata laluan atau kod tidak betul. Semak ketiga-tiganya, dan tunggu kod seterusnya jika kod ini telah digunakan.',
    mailbox: 'Log masuk dengan peti mel',
    confirmTitle: 'Sahkan bahawa ini anda',
    confirmLead: 'Anda akan mengubah sesuatu yang penting, dan pengesahan terakhir anda sudah agak lama.',
    confirm: 'Sahkan',
    wrongCode: 'Kod ini tidak betul, atau telah digunakan. Taip kod yang ditunjukkan oleh aplikasi sekarang.',
  },

  home: {
    lead: 'Domain yang anda urus.',
    none: 'Belum ada domain yang digunakan.',
    more: 'Terdapat lebih banyak domain daripada yang ditunjukkan. Buka yang lain dengan namanya.',
    open: 'Buka domain',
    domain: 'Nama domain',
    domainHint: 'Seperti example.org.',
    go: 'Buka',
    notDomain: 'Ini bukan nama domain. Taip seperti example.org.',
  },

  mode: {
    label: 'Pilihan Pengesahan 2 Langkah',
    enabled: 'Dibenarkan',
    enabledHint:
      'Setiap pengguna boleh menghidupkannya. Mereka yang berbuat demikian memerlukan kata laluan aplikasi untuk aplikasi e-mel.',
    forced: 'Diwajibkan',
    forcedHint: 'Setiap pengguna mesti menyediakannya. Aplikasi e-mel dengan kata laluan biasa diputuskan dan ditolak.',
    disabled: 'Dimatikan',
    disabledHint: 'Dimatikan untuk semua pengguna: aplikasi e-mel menggunakan kata laluan biasa.',
    save: 'Simpan',
    choose: 'Pilih salah satu daripada tiga.',
    unchanged: 'Tiada apa-apa yang diubah: pilihan ini memang sudah begitu.',
    readOnly: 'Hanya pentadbir yang boleh mengubah peraturan domain ini boleh mengubahnya.',
    now: (mode: string) => `Sekarang: ${mode}`,
    fromDate: (mode: string, day: string) => `${mode} mulai ${day}; sebelum itu seperti Dibenarkan`,
    tell: 'Hantar arahan kepada mereka yang belum menyediakannya',
  },

  review: {
    title: {
      enabled: 'Tukar kepada Dibenarkan',
      forced: 'Tukar kepada Diwajibkan',
      disabled: 'Tukar kepada Dimatikan',
    },
    lead: 'Belum ada apa-apa yang diubah.',
    enabled:
      'Setiap pengguna kemudian boleh membuat keputusan. Mereka yang telah menyediakan Pengesahan 2 Langkah kekal seperti biasa.',
    notEnrolledTitle: 'Belum disediakan',
    notEnrolled: (count: number) =>
      count === 0
        ? 'Semua orang yang diketahui telah menyediakan Pengesahan 2 Langkah.'
        : sentence(
            `${people(count)} perlu menyediakan Pengesahan 2 Langkah sebelum boleh membaca e-mel semula dalam aplikasi e-mel mereka.`,
          ),
    unknown: 'Sesiapa yang tidak pernah log masuk melalui perkhidmatan ini tidak diketahui dan tidak dikira.',
    connectedTitle: 'Bersambung dengan kata laluan biasa',
    connected: (count: number, accounts: number) =>
      count === 0
        ? 'Tiada aplikasi e-mel yang bersambung dengan kata laluan biasa sekarang.'
        : sentence(`${apps(count)} milik ${people(accounts)} akan diputuskan dan ditolak.`),
    names: 'Tunjukkan nama',
    shown: (shown: number, count: number) => `${shown} yang pertama daripada ${count}:`,
    from: (protocol: string, address: string) => `${protocol} dari ${address}`,
    tellTitle: 'Beritahu mereka dahulu',
    tell: 'Mewajibkan memutuskan setiap aplikasi e-mel yang belum disediakan. Beritahu orang dahulu apa yang perlu dibuat.',
    when: 'Bila',
    atOnce: 'Sekarang',
    onDate: 'Mulai satu tarikh',
    onDateHint: 'Sebelum itu semuanya kekal seperti Dibenarkan.',
    date: 'Tarikh',
    dateHint: 'Mulai tengah malam (UTC) pada permulaan hari itu.',
    dateWrong: 'Beri hari yang akan datang, sebagai tahun-bulan-hari, seperti 2027-01-31.',
    opensTitle: 'Apa yang dibuka oleh pilihan ini',
    opens: (count: number) =>
      `Sesiapa yang mengetahui kata laluan biasa seseorang boleh membaca dan menghantar e-melnya semula dengan aplikasi e-mel. Bilangan pengguna yang dilindungi oleh Pengesahan 2 Langkah hari ini: ${count}.`,
    keeps: 'Kata laluan aplikasi berhenti berfungsi, tetapi disimpan: ia berfungsi semula sebaik sahaja dihidupkan.',
    closing: (count: number) =>
      count === 0 ? 'Tiada aplikasi e-mel yang akan diputuskan.' : sentence(`${apps(count)} akan diputuskan.`),
    confirm: { enabled: 'Simpan: Dibenarkan', forced: 'Simpan: Diwajibkan', disabled: 'Simpan: Dimatikan' },
  },
  saved: (domain: string, mode: string, closed: number) => `Disimpan: ${domain} kini ${mode}. ${disconnected(closed)}`,
  savedFrom: (domain: string, day: string, closed: number) =>
    `Disimpan: ${domain} Diwajibkan mulai ${day}; sebelum itu ia Dibenarkan. ${disconnected(closed)}`,

  notice: {
    title: 'Hantar arahan',
    lead: (count: number) => `Ini dihantar kepada ${people(count)} yang belum menyediakan Pengesahan 2 Langkah.`,
    nobody: 'Semua orang yang diketahui telah menyediakan Pengesahan 2 Langkah: tiada sesiapa untuk dihubungi.',
    noMail: 'Perkhidmatan ini tidak dapat menghantar e-mel. Minta pengendalinya menetapkannya.',
    subject: 'Subjek',
    body: 'Teks',
    bodyHint:
      '{account} diganti dengan alamat setiap orang, {portal} dengan alamat halaman ini, {date} dengan hari ia mula diwajibkan.',
    send: (count: number) => `Hantar kepada ${people(count)}`,
    needed: 'Ini tidak boleh kosong.',
    begun: (count: number) =>
      `Arahan sedang dihantar kepada ${people(count)}. Audit akan menyatakan berapa orang yang menerimanya.`,
    lately: 'Arahan telah dihantar ke domain ini kurang daripada sepuluh minit lalu. Tiada apa-apa yang dihantar lagi.',
  },

  options: {
    title: 'Pilihan',
    methods: 'Kaedah pengesahan',
    methodsHint: 'Apa yang boleh disediakan oleh pengguna. Mereka yang telah menyediakan kaedah lain mengekalkannya.',
    methodsNone: 'Benarkan sekurang-kurangnya satu.',
    totp: 'Aplikasi Pengesah',
    email: 'Alamat E-mel Pemulihan',
    passkey: 'Kunci laluan',
    reveal: 'Menunjukkan kata laluan aplikasi',
    always: 'Sentiasa',
    alwaysHint: 'Pengguna boleh melihat semula kata laluan aplikasi, selepas memberi kod.',
    once: 'Sekali',
    onceHint:
      'Hanya semasa dibuat. Yang sedia ada disimpan dalam bentuk yang boleh ditunjukkan sehingga ditetapkan semula.',
    hints: 'Petunjuk untuk aplikasi e-mel',
    hintsOn: 'Hidup',
    hintsOnHint:
      'Aplikasi e-mel dengan kata laluan biasa yang betul diberitahu supaya menggunakan kata laluan aplikasi.',
    hintsOff: 'Mati',
    hintsOffHint: 'Ia diberitahu perkara yang sama seperti kata laluan yang salah.',
    trust: 'Pelayar yang dipercayai: hari',
    trustHint: 'Berapa hari pelayar boleh masuk tanpa kod, dari 0 (tidak pernah) hingga 365.',
    max: 'Kata laluan aplikasi bagi setiap pengguna',
    maxHint: 'Dari 1 hingga 1000. Kosong: sebanyak yang dibenarkan oleh perkhidmatan.',
    expiry: 'Hayat terpanjang kata laluan aplikasi baharu: hari',
    expiryHint: 'Dari 1 hingga 3650. Kosong: tidak perlu tamat.',
    wholeNumber: (min: number, max: number) => `Taip nombor bulat dari ${min} hingga ${max}.`,
    save: 'Simpan',
    saved: 'Pilihan disimpan dan berkuat kuasa mulai sekarang.',
  },

  users: {
    title: 'Pengguna',
    lead: 'Mereka yang diketahui: telah menyediakan sesuatu di sini, atau telah log masuk dengan kata laluan biasa.',
    search: 'Sebahagian alamat',
    find: 'Cari',
    none: 'Tiada yang sepadan.',
    next: 'Halaman seterusnya',
    first: 'Halaman pertama',
    state: 'Keadaan',
    on: '2 Langkah hidup',
    off: '2 Langkah belum disediakan',
    lost: '2 Langkah ditetapkan semula: perlu disediakan lagi',
    suspended: 'Digantung',
    factors: 'Kaedah',
    noFactors: 'tiada',
    factorNames: { totp: 'Aplikasi Pengesah', email: 'Alamat E-mel Pemulihan', passkey: 'Kunci laluan' },
    lastSignIn: 'Log masuk terakhir',
    sessions: 'Aplikasi e-mel yang bersambung',
    appPasswords: 'Kata laluan aplikasi',
    recoveryAddress: 'Alamat E-mel Pemulihan',
    codesLeft: 'Baki kod pemulihan',
    actions: 'Apa yang boleh anda lakukan',
    reset: 'Tetapkan semula faktor yang hilang',
    resetTitle: (account: string) => `Tetapkan semula faktor ${account}`,
    resetLead:
      'Lakukan ini apabila seseorang kehilangan telefon dan kod pemulihannya. Pastikan itu benar-benar dia: bukan melalui e-mel dari peti mel ini. Semua kaedah pengesahan dan kod pemulihannya tamat, dia dilog keluar dari setiap pelayar, dan log masuk seterusnya membawa kepada penyediaan baharu. Dia diberitahu melalui e-mel.',
    resetApps: 'Kata laluan aplikasinya',
    resetKeep: 'Kekalkan',
    resetKeepHint: 'Aplikasi e-mel terus berfungsi.',
    resetRevoke: 'Batalkan',
    resetRevokeHint:
      'Apabila peranti yang hilang mengandungi e-mel: setiap aplikasi e-mel diputuskan dan memerlukan yang baharu.',
    cutOff: 'Putuskan aplikasi e-mel',
    cutOffHint: 'Semuanya, sekarang. Ia boleh log masuk semula.',
    suspend: 'Gantung',
    suspendHint: 'Menolak setiap log masuk, dan memutuskan aplikasi e-mel dan pelayar serta-merta.',
    resume: 'Tamatkan penggantungan',
    unlock: 'Buka kunci',
    unlockHint: 'Melupakan percubaan yang salah, supaya boleh mencuba lagi serta-merta.',
    own: 'Ini akaun anda sendiri: ubah dalam Tetapan.',
    above: 'Ini akaun pentadbir dengan hak yang anda tidak miliki: anda tidak boleh mengubahnya.',
    done: {
      reset:
        'Faktor telah ditetapkan semula. Pengguna diberitahu melalui e-mel, dan menyediakan yang baharu semasa log masuk seterusnya.',
      notEnrolled: 'Tiada apa-apa yang diubah: Pengesahan 2 Langkah belum disediakan.',
      cutOff: (count: number) =>
        count === 0 ? 'Tiada aplikasi e-mel yang bersambung.' : `Diputuskan: ${apps(count)}.`,
      suspended: 'Akaun digantung.',
      resumed: 'Akaun boleh log masuk semula.',
      unlocked: 'Percubaan yang salah dilupakan.',
      unchanged: 'Tiada apa-apa yang diubah: memang sudah begitu.',
    },
  },

  audit: {
    title: 'Audit',
    lead: 'Siapa melakukan apa kepada siapa dalam domain ini, yang terbaharu dahulu.',
    kept: 'Catatan lama dibuang apabila terlalu banyak atau cukup lama: eksport apa yang anda mahu simpan.',
    who: 'Siapa',
    did: 'Melakukan apa',
    account: 'Kepada siapa',
    from: 'Dari hari',
    until: 'Hingga hari',
    anything: 'Apa-apa sahaja',
    filter: 'Tapis',
    export: 'Eksport sebagai CSV',
    count: (count: number) => (count === 1 ? 'Satu catatan.' : `${count} catatan.`),
    older: 'Lebih lama',
    newest: 'Terbaharu',
    by: (actor: string) => `oleh ${actor}`,
    actions: auditActions,
  },
};

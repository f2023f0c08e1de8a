# Mail::IMAPClient at work: perl mail_imapclient.pl PORT CERTIFICATE USER PASSWORD, on an account with an empty INBOX.
use strict;
use warnings;
use Mail::IMAPClient;
use Test::More;

my ($port, $certificate, $user, $password) = @ARGV;

sub connected {
    my $client = Mail::IMAPClient->new(
        Server => '127.0.0.1', Port => $port, User => $user, Password => $password, Uid => 1, Timeout => 60, @_,
        Ssl => [SSL_ca_file => $certificate, SSL_verifycn_name => 'localhost']);
    die "cannot connect: $@" unless $client;
    return $client;
}

# Of a thread that the first begins.
sub message {
    my ($number, $subject) = @_;
    my $reference = $number > 1 ? "In-Reply-To: <1\@example.org>\r\nReferences: <1\@example.org>\r\n" : '';
    return "From: Ann <ann$number\@example.org>\r\nTo: joe\@example.org\r\nSubject: $subject\r\n"
        . "Date: Mon, 0$number Jan 2024 10:00:00 +0000\r\nMessage-ID: <$number\@example.org>\r\n$reference"
        . "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
        . "--b\r\nContent-Type: text/plain\r\n\r\ntext $number\r\n"
        . "--b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
}

my $client = connected();
ok($client->has_capability($_), $_) for qw(IMAP4rev1 IDLE UIDPLUS MOVE SORT THREAD=REFERENCES);
is($client->separator, '/', 'separator');

ok($client->create('Work'), 'create');
ok($client->create('Old name'), 'create, with a space');
ok($client->rename('Old name', 'New name'), 'rename');
ok($client->subscribe('Work'), 'subscribe');
my @given = qw(Archive Drafts INBOX Junk Sent Trash);
is_deeply([sort $client->folders], [sort @given, 'New name', 'Work'], 'folders');
ok((grep { $_ eq 'Work' } $client->subscribed), 'subscribed');
ok($client->exists('Work'), 'exists');
ok(!$client->exists('Nowhere'), 'does not exist');

my @uids = map { $client->append_string('Work', message($_, $_ == 1 ? 'Start' : "Re: Start $_")) } 1 .. 5;
is_deeply(\@uids, [1 .. 5], 'append tells UIDs');
ok($client->append_string('Work', message(6, 'Seen'), '\\Seen $Label', '01-Feb-2020 12:00:00 +0100'), 'append with flags and date');
is($client->message_count('Work'), 6, 'count');
is($client->uidnext('Work'), 7, 'uidnext');

ok($client->select('Work'), 'select');
is($client->unseen_count, 5, 'unseen');
is($client->message_string(1), message(1, 'Start'), 'a message is what was appended');
like($client->bodypart_string(2, '1'), qr/^text 2/, 'a part');
is($client->subject(3), 'Re: Start 3', 'subject');
is($client->size(1), length(message(1, 'Start')), 'size');
is($client->internaldate(6), ' 1-Feb-2020 11:00:00 +0000', 'date');
my $fetched = $client->fetch_hash('FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'BODY.PEEK[HEADER.FIELDS (SUBJECT)]');
is_deeply([sort keys %$fetched], [1 .. 6], 'fetch_hash');
like($fetched->{6}{FLAGS}, qr/\$Label/, 'keyword');
is($client->parse_headers(2, 'Message-ID')->{'Message-ID'}[0], '<2@example.org>', 'parse_headers');
my $envelope = $client->get_envelope(1);
is($envelope->subject, 'Start', 'envelope');
my $structure = $client->get_bodystructure(1);
is($structure->bodytype . '/' . $structure->bodysubtype, 'MULTIPART/mixed', 'bodystructure');

is_deeply([$client->search('SUBJECT', $client->Quote('Re:'))], [2 .. 5], 'search');
is_deeply([$client->search('TEXT', 'text 4')], [4], 'search in text');
is_deeply([$client->sort('REVERSE DATE', 'UTF-8', 'ALL')], [6, 5, 4, 3, 2, 1], 'sort');
is_deeply($client->thread('REFERENCES', 'UTF-8', 'ALL'), [[1, [2], [3], [4], [5], [6]]], 'thread');

ok($client->see(1, 2), 'see');
is_deeply([$client->seen], [1, 2, 6], 'seen');
ok($client->mark(3), 'mark');
is_deeply([$client->search('FLAGGED')], [3], 'flagged');
ok($client->unset_flag('\\Seen', 2), 'unset a flag');
is_deeply([$client->unseen], [2 .. 5], 'unseen messages');
ok($client->set_flag('$Forwarded', 4), 'set a keyword');
is_deeply([$client->search('KEYWORD $Forwarded')], [4], 'search for it');

ok($client->copy('New name', 1, 2), 'copy');
ok($client->move('New name', 3), 'move');
is($client->message_count('New name'), 3, 'they are there');
ok($client->delete_message(4), 'delete');
ok($client->expunge, 'expunge');
is_deeply([$client->search('ALL')], [1, 2, 5, 6], 'what is left');

my $other = connected();
ok($other->select('Work'), 'a second session');
my $tag = $client->idle;
ok($tag, 'idle');
ok($other->append_string('Work', message(7, 'pushed')), 'append by the other');
my $said = '';
while ($said !~ /\* 5 EXISTS/) {
    my $data = $client->idle_data(60);
    die "nothing was said while idle: $said" unless $data && @$data;
    $said .= join '', @$data;
}
ok($client->done($tag), 'done');
is($client->message_count, 5, 'seen by the first');

my ($root) = map { /QUOTAROOT "?INBOX"? "(.*?)"/ ? $1 : () } @{$client->getquotaroot('INBOX')};
ok(defined $root, 'getquotaroot');
ok($client->getquota($root), 'getquota');
ok($client->setacl('Work', 'bob@posthouse.example', 'lrs'), 'setacl');
is($client->getacl('Work')->{'bob@posthouse.example'}, 'lrs', 'getacl');
ok($client->deleteacl('Work', 'bob@posthouse.example'), 'deleteacl');

# A folder is moved to another session, message by message, without being held.
ok($other->create('Migrated'), 'create by the other');
ok($client->migrate($other, 'ALL', 'Migrated'), 'migrate');
is($other->message_count('Migrated'), 5, 'all are there');

ok($client->close, 'close');
ok($client->delete('New name'), 'delete a folder');
is_deeply([sort $client->folders], [sort @given, 'Migrated', 'Work'], 'folders at the end');
ok($client->logout, 'logout');
ok($other->logout, 'logout of the other');

my $packed = connected(Compress => 1);
is($packed->message_count('Work'), 5, 'compressed');
ok($packed->select('Work'), 'select, compressed');
is($packed->message_string(1), message(1, 'Start'), 'a message, compressed');
ok($packed->logout, 'logout, compressed');

done_testing();

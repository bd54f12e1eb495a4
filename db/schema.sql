-- The schema after all migrations, to read. Written by TestSchemaFile; see CONTRIBUTING.md.

CREATE TABLE account_links (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  purpose varchar(16) NOT NULL,
  email varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at datetime(6) NOT NULL,
  expires_at datetime(6) NOT NULL,
  used_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY account_links_user (user_id,purpose),
  KEY account_links_expiry (expires_at),
  CONSTRAINT account_links_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE ai_spending (
  scope binary(16) NOT NULL,
  period varchar(5) NOT NULL,
  starts_on date NOT NULL,
  tokens bigint(20) NOT NULL,
  cost bigint(20) NOT NULL,
  reserved_tokens bigint(20) NOT NULL,
  reserved_cost bigint(20) NOT NULL,
  PRIMARY KEY (scope,period,starts_on),
  KEY ai_spending_starts_on (starts_on)
);

CREATE TABLE ai_usage (
  day date NOT NULL,
  user_id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  model varchar(200) NOT NULL,
  currency char(3) NOT NULL,
  calls bigint(20) NOT NULL,
  cached_calls bigint(20) NOT NULL,
  prompt_tokens bigint(20) NOT NULL,
  completion_tokens bigint(20) NOT NULL,
  cost bigint(20) NOT NULL,
  PRIMARY KEY (day,user_id,case_id,model,currency),
  KEY ai_usage_user (user_id,day),
  KEY ai_usage_case (case_id,day)
);

CREATE TABLE api_keys (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  name varchar(100) NOT NULL,
  mode varchar(8) NOT NULL,
  secret_hash binary(32) NOT NULL,
  last_four char(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  scopes varchar(1000) NOT NULL,
  ip_ranges varchar(1100) NOT NULL,
  rate_limit int(10) unsigned NOT NULL,
  created_at datetime(6) NOT NULL,
  expires_at datetime(6) NOT NULL,
  last_used_at datetime(6) DEFAULT NULL,
  revoked_at datetime(6) DEFAULT NULL,
  test_account_id binary(16) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY api_keys_secret (secret_hash),
  KEY api_keys_user (user_id,id),
  CONSTRAINT api_keys_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE cases (
  id binary(16) NOT NULL,
  title varchar(200) NOT NULL,
  description text NOT NULL,
  status varchar(16) NOT NULL,
  legal_hold tinyint(1) NOT NULL DEFAULT 0,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  closed_at datetime(6) DEFAULT NULL,
  deleted_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY cases_status (status,id),
  KEY cases_user_fk (created_by),
  KEY cases_present (deleted_at,id),
  KEY cases_present_status (deleted_at,status,id),
  CONSTRAINT cases_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
);

CREATE TABLE case_heads (
  case_id binary(16) NOT NULL,
  seq bigint(20) unsigned NOT NULL,
  hash binary(32) NOT NULL,
  PRIMARY KEY (case_id),
  CONSTRAINT case_heads_case_fk FOREIGN KEY (case_id) REFERENCES cases (id)
);

CREATE TABLE case_invitations (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  email varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  role varchar(16) NOT NULL,
  invited_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  expires_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY case_invitations_email (case_id,email),
  KEY case_invitations_invitee (email,id),
  KEY case_invitations_expiry (expires_at),
  KEY case_invitations_user_fk (invited_by),
  CONSTRAINT case_invitations_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_invitations_user_fk FOREIGN KEY (invited_by) REFERENCES users (id)
);

CREATE TABLE case_members (
  case_id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  role varchar(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (case_id,user_id),
  KEY case_members_user (user_id,case_id),
  CONSTRAINT case_members_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_members_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE case_notes (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  author_id binary(16) NOT NULL,
  body text NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY case_notes_case (case_id,id),
  KEY case_notes_user_fk (author_id),
  CONSTRAINT case_notes_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_notes_user_fk FOREIGN KEY (author_id) REFERENCES users (id)
);

CREATE TABLE case_parties (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  kind varchar(16) NOT NULL,
  side varchar(16) NOT NULL,
  name varchar(200) NOT NULL,
  email varchar(254) NOT NULL,
  registration_number varchar(64) NOT NULL,
  name_key binary(32) NOT NULL,
  email_key varbinary(32) NOT NULL,
  registration_key varbinary(32) NOT NULL,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  key_rules smallint(6) NOT NULL DEFAULT 0,
  registration_country varchar(2) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY case_parties_case (case_id,id),
  KEY case_parties_name (name_key),
  KEY case_parties_email (email_key),
  KEY case_parties_registration (registration_key),
  KEY case_parties_user_fk (created_by),
  KEY case_parties_rules (key_rules,id),
  CONSTRAINT case_parties_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_parties_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
);

CREATE TABLE case_party_companies (
  party_id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  source varchar(32) NOT NULL,
  company_id varchar(64) NOT NULL,
  content mediumtext NOT NULL,
  linked_by binary(16) NOT NULL,
  linked_at datetime(6) NOT NULL,
  PRIMARY KEY (party_id),
  KEY case_party_companies_case (case_id),
  KEY case_party_companies_user_fk (linked_by),
  CONSTRAINT case_party_companies_party_fk FOREIGN KEY (party_id) REFERENCES case_parties (id) ON DELETE CASCADE,
  CONSTRAINT case_party_companies_user_fk FOREIGN KEY (linked_by) REFERENCES users (id)
);

CREATE TABLE case_party_keys (
  name_key binary(32) NOT NULL,
  party_id binary(16) NOT NULL,
  PRIMARY KEY (name_key,party_id),
  KEY case_party_keys_party (party_id),
  CONSTRAINT case_party_keys_party_fk FOREIGN KEY (party_id) REFERENCES case_parties (id) ON DELETE CASCADE
);

CREATE TABLE case_refusals (
  case_id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  refused_at datetime(6) NOT NULL,
  PRIMARY KEY (case_id,user_id)
);

CREATE TABLE case_tasks (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  title varchar(300) NOT NULL,
  status varchar(16) NOT NULL,
  due_on date DEFAULT NULL,
  assignee_id binary(16) DEFAULT NULL,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY case_tasks_case (case_id,id),
  KEY case_tasks_assignee (assignee_id,case_id),
  KEY case_tasks_user_fk (created_by),
  KEY case_tasks_status (case_id,status,id),
  CONSTRAINT case_tasks_assignee_fk FOREIGN KEY (assignee_id) REFERENCES users (id),
  CONSTRAINT case_tasks_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT case_tasks_user_fk FOREIGN KEY (created_by) REFERENCES users (id)
);

CREATE TABLE case_timeline (
  case_id binary(16) NOT NULL,
  seq bigint(20) unsigned NOT NULL,
  created_at datetime(6) NOT NULL,
  actor_id binary(16) NOT NULL,
  verb varchar(16) NOT NULL,
  subject varchar(16) NOT NULL,
  subject_id binary(16) DEFAULT NULL,
  refused tinyint(1) NOT NULL,
  detail varchar(500) NOT NULL,
  prev_hash binary(32) NOT NULL,
  hash binary(32) NOT NULL,
  key_id binary(16) DEFAULT NULL,
  PRIMARY KEY (case_id,seq),
  CONSTRAINT case_timeline_case_fk FOREIGN KEY (case_id) REFERENCES cases (id)
);

CREATE TABLE compliance_checks (
  id binary(16) NOT NULL,
  watch_id binary(16) NOT NULL,
  outcome varchar(16) NOT NULL,
  asked text NOT NULL,
  answer mediumtext DEFAULT NULL,
  changes mediumtext NOT NULL,
  error_code varchar(64) NOT NULL,
  checked_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY compliance_checks_watch (watch_id,id),
  CONSTRAINT compliance_checks_watch_fk FOREIGN KEY (watch_id) REFERENCES compliance_watches (id) ON DELETE CASCADE
);

CREATE TABLE compliance_watches (
  id binary(16) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  user_id binary(16) NOT NULL,
  kind varchar(16) NOT NULL,
  source varchar(32) NOT NULL,
  label varchar(200) NOT NULL,
  subject text NOT NULL,
  answer mediumtext DEFAULT NULL,
  next_check_at datetime(6) NOT NULL,
  last_checked_at datetime(6) DEFAULT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY compliance_watches_due (source,next_check_at,id),
  KEY compliance_watches_case (case_id,id),
  KEY compliance_watches_user (user_id,id),
  CONSTRAINT compliance_watches_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT compliance_watches_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE consultations (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  actor_id binary(16) NOT NULL,
  kind varchar(16) NOT NULL,
  excerpt varchar(400) NOT NULL,
  question mediumtext NOT NULL,
  answer mediumtext NOT NULL,
  draft_id binary(16) DEFAULT NULL,
  locale varchar(35) NOT NULL,
  model varchar(200) NOT NULL,
  prompt_version varchar(100) NOT NULL,
  cached tinyint(1) NOT NULL,
  tokens_used int(11) NOT NULL,
  latency_ms int(11) NOT NULL,
  created_at datetime(6) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  sources mediumtext DEFAULT NULL,
  masked_text mediumtext DEFAULT NULL,
  PRIMARY KEY (id),
  KEY consultations_case (case_id,id),
  KEY consultations_draft_fk (draft_id),
  KEY consultations_user_case (user_id,case_id,id),
  KEY consultations_user_kind (user_id,case_id,kind,id),
  KEY consultations_case_kind (case_id,kind,id),
  CONSTRAINT consultations_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT consultations_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE SET NULL,
  CONSTRAINT consultations_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE documents (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  name varchar(255) NOT NULL,
  content_type varchar(100) NOT NULL,
  kind varchar(16) NOT NULL,
  state varchar(16) NOT NULL,
  text_state varchar(16) NOT NULL,
  size bigint(20) NOT NULL,
  sha256 binary(32) NOT NULL,
  created_at datetime(6) NOT NULL,
  changed_at datetime(6) NOT NULL,
  text_tries int(11) NOT NULL DEFAULT 0,
  case_id binary(16) DEFAULT NULL,
  search_version int(11) NOT NULL DEFAULT 0,
  text_error varchar(16) NOT NULL DEFAULT '',
  text_changes longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(text_changes)),
  text_attempts int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY documents_state (state,changed_at),
  KEY documents_text (state,text_state,id),
  KEY documents_user_state (user_id,case_id,state,id),
  KEY documents_user_kind (user_id,case_id,state,kind,id),
  KEY documents_case_state (case_id,state,id),
  KEY documents_case_kind (case_id,state,kind,id),
  KEY documents_search (state,text_state,search_version),
  CONSTRAINT documents_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT documents_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE document_pages (
  document_id binary(16) NOT NULL,
  page int(11) NOT NULL,
  text mediumtext NOT NULL,
  PRIMARY KEY (document_id,page),
  FULLTEXT KEY document_pages_text (text),
  CONSTRAINT document_pages_fk FOREIGN KEY (document_id) REFERENCES documents (id) ON DELETE CASCADE
);

CREATE TABLE drafts (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  type varchar(64) NOT NULL,
  template_version varchar(100) NOT NULL,
  locale varchar(35) NOT NULL,
  tone varchar(16) NOT NULL,
  status varchar(16) NOT NULL,
  sections longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(sections)),
  warnings longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(warnings)),
  quality_score double DEFAULT NULL,
  created_at datetime(6) NOT NULL,
  origin varchar(16) NOT NULL,
  version int(11) NOT NULL DEFAULT 1,
  reviewed_by binary(16) DEFAULT NULL,
  reviewed_at datetime(6) DEFAULT NULL,
  finalized_by binary(16) DEFAULT NULL,
  finalized_at datetime(6) DEFAULT NULL,
  updated_at datetime(6) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY drafts_reviewer_fk (reviewed_by),
  KEY drafts_finalizer_fk (finalized_by),
  KEY drafts_case (case_id,id),
  KEY drafts_user_case (user_id,case_id,id),
  KEY drafts_user_status (user_id,case_id,status,id),
  KEY drafts_user_type (user_id,case_id,type,id),
  KEY drafts_user_type_status (user_id,case_id,type,status,id),
  KEY drafts_case_status (case_id,status,id),
  KEY drafts_case_type (case_id,type,id),
  KEY drafts_case_type_status (case_id,type,status,id),
  CONSTRAINT drafts_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT drafts_finalizer_fk FOREIGN KEY (finalized_by) REFERENCES users (id),
  CONSTRAINT drafts_reviewer_fk FOREIGN KEY (reviewed_by) REFERENCES users (id),
  CONSTRAINT drafts_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE draft_versions (
  draft_id binary(16) NOT NULL,
  version int(11) NOT NULL,
  title varchar(300) NOT NULL,
  body mediumtext NOT NULL,
  note varchar(300) NOT NULL,
  author_id binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (draft_id,version),
  KEY draft_versions_author_fk (author_id),
  CONSTRAINT draft_versions_author_fk FOREIGN KEY (author_id) REFERENCES users (id),
  CONSTRAINT draft_versions_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE CASCADE
);

CREATE TABLE emails (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  kind varchar(32) NOT NULL,
  locale varchar(35) NOT NULL,
  subject varchar(255) NOT NULL,
  body_text mediumtext NOT NULL,
  body_html mediumtext NOT NULL,
  reply_to varchar(254) NOT NULL,
  fields text NOT NULL,
  status varchar(16) NOT NULL,
  reason varchar(300) NOT NULL,
  attempts int(11) NOT NULL DEFAULT 0,
  send_at datetime(6) NOT NULL,
  expires_at datetime(6) DEFAULT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  bulk tinyint(1) NOT NULL DEFAULT 0,
  emptied tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY emails_user (user_id,kind,id),
  KEY emails_kind (kind,id),
  KEY emails_keep (emptied,updated_at),
  KEY emails_user_status (user_id,kind,status,id),
  KEY emails_status (kind,status,id),
  CONSTRAINT emails_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE email_attachments (
  email_id binary(16) NOT NULL,
  position int(11) NOT NULL,
  document_id binary(16) NOT NULL,
  filename varchar(200) NOT NULL,
  content_type varchar(100) NOT NULL,
  size bigint(20) NOT NULL,
  sha256 binary(32) NOT NULL,
  inline tinyint(1) NOT NULL,
  PRIMARY KEY (email_id,position),
  CONSTRAINT email_attachments_fk FOREIGN KEY (email_id) REFERENCES emails (id) ON DELETE CASCADE
);

CREATE TABLE email_recipients (
  email_id binary(16) NOT NULL,
  position int(11) NOT NULL,
  field varchar(8) NOT NULL,
  address varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  status varchar(16) NOT NULL,
  reason varchar(300) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (email_id,position),
  CONSTRAINT email_recipients_fk FOREIGN KEY (email_id) REFERENCES emails (id) ON DELETE CASCADE
);

CREATE TABLE email_suppressions (
  id binary(16) NOT NULL,
  address varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  reason varchar(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY email_suppressions_address (address)
);

CREATE TABLE goose_db_version (
  id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  version_id bigint(20) NOT NULL,
  is_applied tinyint(1) NOT NULL,
  tstamp timestamp NULL DEFAULT current_timestamp(),
  PRIMARY KEY (id)
);

CREATE TABLE idempotency_keys (
  key_hash binary(32) NOT NULL,
  fingerprint binary(32) NOT NULL,
  held_until datetime(6) NOT NULL,
  status smallint(6) NOT NULL,
  content_type varchar(100) NOT NULL,
  answer mediumblob NOT NULL,
  created_at datetime(6) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  test_account_id binary(16) DEFAULT NULL,
  PRIMARY KEY (key_hash),
  KEY idempotency_keys_created (created_at),
  KEY idempotency_keys_test_account (test_account_id)
);

CREATE TABLE invoices (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  scope binary(16) NOT NULL,
  status varchar(20) NOT NULL,
  number varchar(40) DEFAULT NULL,
  currency char(3) NOT NULL,
  recipient_name varchar(200) NOT NULL,
  recipient_address varchar(1000) NOT NULL,
  recipient_email varchar(254) NOT NULL,
  locale varchar(10) NOT NULL,
  notes varchar(2000) NOT NULL,
  due_on date DEFAULT NULL,
  subtotal bigint(20) NOT NULL,
  tax bigint(20) NOT NULL,
  total bigint(20) NOT NULL,
  paid bigint(20) NOT NULL,
  credit bigint(20) NOT NULL,
  document_id binary(16) DEFAULT NULL,
  receipt_id binary(16) DEFAULT NULL,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  issued_at datetime(6) DEFAULT NULL,
  sent_at datetime(6) DEFAULT NULL,
  paid_at datetime(6) DEFAULT NULL,
  voided_at datetime(6) DEFAULT NULL,
  overdue_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY invoices_number (scope,number),
  KEY invoices_case (case_id,id),
  KEY invoices_status (case_id,status,id),
  KEY invoices_due (status,overdue_at,due_on),
  KEY invoices_created_by (created_by,id)
);

CREATE TABLE invoice_lines (
  invoice_id binary(16) NOT NULL,
  position int(11) NOT NULL,
  time_entry_id binary(16) DEFAULT NULL,
  description varchar(1000) NOT NULL,
  quantity bigint(20) NOT NULL,
  divisor int(11) NOT NULL,
  unit_price bigint(20) NOT NULL,
  tax_rate int(11) NOT NULL,
  tax_name varchar(50) NOT NULL,
  amount bigint(20) NOT NULL,
  tax bigint(20) NOT NULL,
  PRIMARY KEY (invoice_id,position)
);

CREATE TABLE invoice_numbers (
  scope binary(16) NOT NULL,
  year int(11) NOT NULL,
  last bigint(20) NOT NULL,
  PRIMARY KEY (scope,year)
);

CREATE TABLE invoice_payments (
  id binary(16) NOT NULL,
  invoice_id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  source varchar(20) NOT NULL,
  amount bigint(20) NOT NULL,
  applied bigint(20) NOT NULL,
  credit bigint(20) NOT NULL,
  currency char(3) NOT NULL,
  received_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY invoice_payments_invoice (invoice_id),
  KEY invoice_payments_case (case_id)
);

CREATE TABLE invoice_reversals (
  id binary(16) NOT NULL,
  payment_id binary(16) NOT NULL,
  invoice_id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  kind varchar(20) NOT NULL,
  status varchar(20) NOT NULL,
  amount bigint(20) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY invoice_reversals_payment (payment_id),
  KEY invoice_reversals_case (case_id)
);

CREATE TABLE jobs (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  kind varchar(64) NOT NULL,
  queue varchar(16) NOT NULL,
  job_key varchar(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  state varchar(16) NOT NULL,
  payload mediumtext NOT NULL,
  result mediumtext NOT NULL,
  error_code varchar(64) NOT NULL,
  error varchar(2000) NOT NULL,
  done int(11) NOT NULL,
  total int(11) NOT NULL,
  runs int(11) NOT NULL,
  tries int(11) NOT NULL,
  lost int(11) NOT NULL,
  cancelling tinyint(1) NOT NULL,
  owner binary(16) NOT NULL,
  run_at datetime(6) NOT NULL,
  due_at datetime(6) NOT NULL,
  created_at datetime(6) NOT NULL,
  started_at datetime(6) DEFAULT NULL,
  finished_at datetime(6) DEFAULT NULL,
  crashes int(11) NOT NULL DEFAULT 0,
  key_id binary(16) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY jobs_key (job_key),
  KEY jobs_pick (state,queue,user_id,id),
  KEY jobs_due (state,due_at),
  KEY jobs_user (user_id,id),
  KEY jobs_state (state,id),
  KEY jobs_kind (kind,state,id),
  KEY jobs_user_state (user_id,state,id),
  KEY jobs_user_kind (user_id,kind,state,id)
);

CREATE TABLE ledger_balances (
  case_id binary(16) NOT NULL,
  currency char(3) NOT NULL,
  account varchar(20) NOT NULL,
  scope binary(16) NOT NULL,
  balance bigint(20) NOT NULL,
  PRIMARY KEY (case_id,currency,account),
  KEY ledger_balances_scope (scope,currency,account,balance)
);

CREATE TABLE ledger_entries (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  scope binary(16) NOT NULL,
  kind varchar(30) NOT NULL,
  source_id binary(16) NOT NULL,
  invoice_id binary(16) DEFAULT NULL,
  actor_id binary(16) NOT NULL,
  memo varchar(300) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY ledger_entries_source (source_id,kind),
  KEY ledger_entries_case (case_id,id),
  KEY ledger_entries_scope (scope)
);

CREATE TABLE ledger_lines (
  entry_id binary(16) NOT NULL,
  position int(11) NOT NULL,
  account varchar(20) NOT NULL,
  currency char(3) NOT NULL,
  amount bigint(20) NOT NULL,
  PRIMARY KEY (entry_id,position)
);

CREATE TABLE masking_lists (
  id tinyint(4) NOT NULL,
  version int(11) NOT NULL,
  always mediumtext NOT NULL,
  never mediumtext NOT NULL,
  updated_at datetime(6) NOT NULL,
  updated_by binary(16) NOT NULL,
  PRIMARY KEY (id),
  KEY masking_lists_user_fk (updated_by),
  CONSTRAINT masking_lists_user_fk FOREIGN KEY (updated_by) REFERENCES users (id)
);

CREATE TABLE migration_progress (
  version bigint(20) NOT NULL,
  statement int(11) NOT NULL,
  done tinyint(1) NOT NULL,
  uncounted tinyint(1) NOT NULL,
  PRIMARY KEY (version)
);

CREATE TABLE notifications (
  user_id binary(16) NOT NULL,
  id binary(16) NOT NULL,
  event_type varchar(64) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  data varchar(500) NOT NULL,
  created_at datetime(6) NOT NULL,
  read_at datetime(6) DEFAULT NULL,
  expires_at datetime(6) NOT NULL,
  PRIMARY KEY (user_id,id),
  KEY notifications_unread (user_id,read_at,id),
  KEY notifications_expired (expires_at)
);

CREATE TABLE notification_preferences (
  user_id binary(16) NOT NULL,
  event_type varchar(64) NOT NULL,
  in_app tinyint(1) NOT NULL,
  email tinyint(1) NOT NULL,
  PRIMARY KEY (user_id,event_type)
);

CREATE TABLE payments (
  id binary(16) NOT NULL,
  invoice_id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  open_invoice binary(16) DEFAULT NULL,
  status varchar(20) NOT NULL,
  provider varchar(20) NOT NULL,
  amount bigint(20) NOT NULL,
  currency char(3) NOT NULL,
  received bigint(20) NOT NULL,
  fee bigint(20) NOT NULL,
  fee_currency varchar(3) NOT NULL,
  description varchar(200) NOT NULL,
  success_url varchar(2000) NOT NULL,
  cancel_url varchar(2000) NOT NULL,
  checkout_id varchar(255) DEFAULT NULL,
  intent_id varchar(255) DEFAULT NULL,
  checkout_url varchar(2000) NOT NULL,
  decline varchar(100) NOT NULL,
  expires_at datetime(6) NOT NULL,
  check_at datetime(6) DEFAULT NULL,
  checked_at datetime(6) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  paid_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payments_open (open_invoice),
  KEY payments_case (case_id,id),
  KEY payments_invoice (invoice_id,id),
  KEY payments_user (user_id,id),
  KEY payments_intent (intent_id),
  KEY payments_check (check_at),
  KEY payments_case_status (case_id,status,id),
  KEY payments_invoice_status (invoice_id,status,id),
  KEY payments_user_status (user_id,status,id)
);

CREATE TABLE payment_cursors (
  provider varchar(20) NOT NULL,
  event_id varchar(255) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (provider)
);

CREATE TABLE payment_disputes (
  id binary(16) NOT NULL,
  payment_id binary(16) NOT NULL,
  provider_id varchar(255) NOT NULL,
  status varchar(20) NOT NULL,
  reason varchar(100) NOT NULL,
  amount bigint(20) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_disputes_provider (provider_id),
  KEY payment_disputes_payment (payment_id,id)
);

CREATE TABLE payment_events (
  event_id varchar(255) NOT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (event_id),
  KEY payment_events_created (created_at)
);

CREATE TABLE payment_refunds (
  id binary(16) NOT NULL,
  payment_id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  provider_id varchar(255) DEFAULT NULL,
  status varchar(20) NOT NULL,
  amount bigint(20) NOT NULL,
  reason varchar(500) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_refunds_provider (provider_id),
  KEY payment_refunds_payment (payment_id,id),
  KEY payment_refunds_user (user_id)
);

CREATE TABLE playbooks (
  id binary(16) NOT NULL,
  created_by binary(16) NOT NULL,
  name varchar(200) NOT NULL,
  content mediumtext NOT NULL,
  version int(11) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  updated_by binary(16) NOT NULL,
  PRIMARY KEY (id),
  KEY playbooks_owner (created_by,id),
  KEY playbooks_editor_fk (updated_by),
  CONSTRAINT playbooks_editor_fk FOREIGN KEY (updated_by) REFERENCES users (id),
  CONSTRAINT playbooks_owner_fk FOREIGN KEY (created_by) REFERENCES users (id)
);

CREATE TABLE renderings (
  document_id binary(16) NOT NULL,
  template_id varchar(64) NOT NULL,
  template_version varchar(32) NOT NULL,
  data mediumtext NOT NULL,
  options text NOT NULL,
  draft_id binary(16) DEFAULT NULL,
  draft_version int(11) DEFAULT NULL,
  rules_version tinyint(3) unsigned NOT NULL DEFAULT 1,
  PRIMARY KEY (document_id),
  KEY renderings_draft_fk (draft_id),
  KEY renderings_template (template_id,template_version),
  CONSTRAINT renderings_document_fk FOREIGN KEY (document_id) REFERENCES documents (id) ON DELETE CASCADE,
  CONSTRAINT renderings_draft_fk FOREIGN KEY (draft_id) REFERENCES drafts (id) ON DELETE SET NULL
);

CREATE TABLE search_pages (
  entry bigint(20) NOT NULL,
  document_id binary(16) NOT NULL,
  page int(11) NOT NULL,
  PRIMARY KEY (entry),
  KEY search_pages_document (document_id)
);

CREATE TABLE search_postings (
  term bigint(20) NOT NULL,
  scope int(11) NOT NULL,
  block int(11) NOT NULL,
  postings varbinary(512) NOT NULL,
  PRIMARY KEY (term,scope,block),
  KEY search_postings_block (scope,block)
);

CREATE TABLE search_scopes (
  scope int(11) NOT NULL AUTO_INCREMENT,
  owner binary(16) NOT NULL,
  units bigint(20) NOT NULL,
  PRIMARY KEY (scope),
  UNIQUE KEY search_scopes_owner (owner)
);

CREATE TABLE signature_envelopes (
  request_id binary(16) NOT NULL,
  envelope_id varchar(64) NOT NULL DEFAULT '',
  state varchar(16) NOT NULL,
  audit_id binary(16) DEFAULT NULL,
  tries int(11) NOT NULL DEFAULT 0,
  next_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (request_id),
  KEY signature_envelopes_next (next_at),
  KEY signature_envelopes_envelope (envelope_id),
  CONSTRAINT signature_envelopes_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
);

CREATE TABLE signature_events (
  request_id binary(16) NOT NULL,
  seq bigint(20) unsigned NOT NULL,
  created_at datetime(6) NOT NULL,
  kind varchar(16) NOT NULL,
  signer int(11) NOT NULL,
  address varchar(45) NOT NULL,
  agent varchar(300) NOT NULL,
  detail varchar(200) NOT NULL,
  prev_hash binary(32) NOT NULL,
  hash binary(32) NOT NULL,
  PRIMARY KEY (request_id,seq),
  CONSTRAINT signature_events_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
);

CREATE TABLE signature_hints (
  provider varchar(16) NOT NULL,
  hint_id varchar(128) NOT NULL,
  request_id binary(16) NOT NULL,
  kind varchar(16) NOT NULL,
  signer int(11) NOT NULL,
  told_at datetime(6) NOT NULL,
  address varchar(45) NOT NULL,
  agent varchar(300) NOT NULL,
  reason text NOT NULL,
  received_at datetime(6) NOT NULL,
  used tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (provider,hint_id),
  KEY signature_hints_request (request_id,used),
  KEY signature_hints_received (received_at),
  CONSTRAINT signature_hints_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
);

CREATE TABLE signature_requests (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  document_id binary(16) NOT NULL,
  document_name varchar(255) NOT NULL,
  document_size bigint(20) NOT NULL,
  document_sha256 binary(32) NOT NULL,
  workflow varchar(16) NOT NULL,
  status varchar(16) NOT NULL,
  message text NOT NULL,
  sender_name varchar(255) NOT NULL,
  expires_at datetime(6) NOT NULL,
  created_at datetime(6) NOT NULL,
  changed_at datetime(6) NOT NULL,
  signed_id binary(16) DEFAULT NULL,
  seq bigint(20) unsigned NOT NULL,
  head binary(32) NOT NULL,
  provider varchar(16) NOT NULL DEFAULT 'builtin',
  language varchar(8) NOT NULL DEFAULT 'en',
  forget_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY signature_requests_user (user_id,id),
  KEY signature_requests_case (case_id,id),
  KEY signature_requests_status (status,expires_at),
  KEY signature_requests_forget (forget_at),
  KEY signature_requests_user_status (user_id,status,id),
  KEY signature_requests_by_status (status,id),
  KEY signature_requests_case_status (case_id,status,id),
  KEY signature_requests_document (document_id),
  CONSTRAINT signature_requests_case_fk FOREIGN KEY (case_id) REFERENCES cases (id),
  CONSTRAINT signature_requests_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE signature_signers (
  id binary(16) NOT NULL,
  request_id binary(16) NOT NULL,
  number int(11) NOT NULL,
  turn int(11) NOT NULL,
  name varchar(255) NOT NULL,
  email varchar(320) NOT NULL,
  status varchar(16) NOT NULL,
  token_hash binary(32) NOT NULL,
  invited_at datetime(6) DEFAULT NULL,
  reminders int(11) NOT NULL DEFAULT 0,
  reminded_at datetime(6) DEFAULT NULL,
  disclosure varchar(16) NOT NULL DEFAULT '',
  mark mediumtext NOT NULL,
  signed_at datetime(6) DEFAULT NULL,
  reason text NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY signature_signers_token (token_hash),
  UNIQUE KEY signature_signers_number (request_id,number),
  KEY signature_signers_email (email),
  CONSTRAINT signature_signers_fk FOREIGN KEY (request_id) REFERENCES signature_requests (id)
);

CREATE TABLE templates (
  id varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  slug varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  sharing varchar(16) NOT NULL DEFAULT 'firm',
  archived_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY templates_slug (slug,created_by),
  KEY templates_creator_fk (created_by),
  CONSTRAINT templates_creator_fk FOREIGN KEY (created_by) REFERENCES users (id)
);

CREATE TABLE template_versions (
  template_id varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  name varchar(300) NOT NULL,
  description varchar(1000) NOT NULL,
  body mediumtext NOT NULL,
  data_schema mediumtext NOT NULL,
  sample mediumtext NOT NULL,
  author_id binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  published_by binary(16) DEFAULT NULL,
  published_at datetime(6) DEFAULT NULL,
  withdrawn_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (template_id,version),
  KEY template_versions_author_fk (author_id),
  KEY template_versions_publisher_fk (published_by),
  CONSTRAINT template_versions_author_fk FOREIGN KEY (author_id) REFERENCES users (id),
  CONSTRAINT template_versions_publisher_fk FOREIGN KEY (published_by) REFERENCES users (id),
  CONSTRAINT template_versions_template_fk FOREIGN KEY (template_id) REFERENCES templates (id)
);

CREATE TABLE time_entries (
  id binary(16) NOT NULL,
  case_id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  worked_on date NOT NULL,
  minutes int(11) NOT NULL,
  rate bigint(20) NOT NULL,
  currency char(3) NOT NULL,
  billable tinyint(1) NOT NULL,
  description varchar(1000) NOT NULL,
  invoice_id binary(16) DEFAULT NULL,
  created_by binary(16) NOT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY time_entries_case (case_id,id),
  KEY time_entries_unbilled (case_id,invoice_id,id),
  KEY time_entries_user (user_id,id),
  KEY time_entries_invoice (invoice_id)
);

CREATE TABLE users (
  id binary(16) NOT NULL,
  email varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  full_name varchar(200) NOT NULL,
  role varchar(16) NOT NULL,
  password_hash varchar(200) NOT NULL,
  disabled_at datetime(6) DEFAULT NULL,
  session_epoch int(10) unsigned NOT NULL DEFAULT 0,
  sessions_stale tinyint(1) NOT NULL DEFAULT 0,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  email_verified_at datetime(6) DEFAULT NULL,
  test_of binary(16) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY users_email (email),
  UNIQUE KEY users_test_of (test_of),
  KEY users_role (role,id),
  KEY users_stale (sessions_stale)
);

CREATE TABLE webhooks (
  id binary(16) NOT NULL,
  user_id binary(16) NOT NULL,
  url varchar(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  description varchar(200) NOT NULL,
  event_types varchar(2000) NOT NULL,
  secret varbinary(100) NOT NULL,
  old_secret varbinary(100) NOT NULL,
  old_until datetime(6) DEFAULT NULL,
  enabled tinyint(1) NOT NULL,
  disabled_reason varchar(16) NOT NULL,
  disabled_at datetime(6) DEFAULT NULL,
  failing_since datetime(6) DEFAULT NULL,
  created_at datetime(6) NOT NULL,
  updated_at datetime(6) NOT NULL,
  deleted_at datetime(6) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY webhooks_user (user_id,id),
  KEY webhooks_deleted (deleted_at),
  CONSTRAINT webhooks_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE TABLE webhook_attempts (
  delivery_id binary(16) NOT NULL,
  n int(11) NOT NULL,
  at datetime(6) NOT NULL,
  outcome varchar(32) NOT NULL,
  status smallint(6) NOT NULL,
  duration_ms int(11) NOT NULL,
  PRIMARY KEY (delivery_id,n),
  CONSTRAINT webhook_attempts_fk FOREIGN KEY (delivery_id) REFERENCES webhook_deliveries (id) ON DELETE CASCADE
);

CREATE TABLE webhook_deliveries (
  id binary(16) NOT NULL,
  webhook_id binary(16) NOT NULL,
  case_id binary(16) DEFAULT NULL,
  event_type varchar(64) NOT NULL,
  payload text NOT NULL,
  state varchar(16) NOT NULL,
  tries int(11) NOT NULL,
  attempts int(11) NOT NULL,
  job_id binary(16) NOT NULL,
  next_at datetime(6) DEFAULT NULL,
  finished_at datetime(6) DEFAULT NULL,
  created_at datetime(6) NOT NULL,
  PRIMARY KEY (id),
  KEY webhook_deliveries_list (webhook_id,id),
  KEY webhook_deliveries_state (webhook_id,state,id)
);

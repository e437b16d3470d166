;;; Run by emacs.client.test.ts in Emacs with eglot: does what a user would do, and writes what happened as JSON.  -*- lexical-binding: t -*-
(require 'json)
(require 'eglot)

(define-derived-mode nix-mode prog-mode "Nix" "What the package nix-mode provides, as far as eglot needs it.")

(defvar lens-job (with-temp-buffer
                   (insert-file-contents (getenv "MICROVM_LENS_JOB"))
                   (json-parse-buffer :object-type 'plist :array-type 'list)))
(defvar lens-patience 60)

(defun lens-wait (what condition)
  "Wait for an event that makes CONDITION true; signal WHAT when none comes."
  (let ((end (time-add nil lens-patience)))
    (while (not (funcall condition))
      (when (time-less-p end nil) (error "waited in vain: %s" what))
      (accept-process-output nil 0.05))))

(defun lens-run ()
  (setq eglot-autoshutdown t
        eglot-sync-connect lens-patience
        eglot-connect-timeout lens-patience
        eglot-confirm-server-initiated-edits nil
        eglot-send-changes-idle-time 0)
  ;; What docs/editors.md tells users to write.
  (load (plist-get lens-job :snippet) nil t)
  (find-file (plist-get lens-job :file))
  (nix-mode)
  (apply #'eglot (eglot--guess-contact))
  (let* ((server (eglot-current-server))
         ;; What the server published last; flymake takes it over only when Emacs is idle, which a batch never is.
         (seen (lambda () eglot--diagnostics))
         result first)
    (lens-wait "diagnostics" seen)
    (setq first (car (funcall seen)))
    (setq result (plist-put result :diagnostics (vconcat (mapcar #'flymake-diagnostic-text (funcall seen)))))
    (goto-char (flymake-diagnostic-beg first))
    (setq result (plist-put result :underlined (buffer-substring-no-properties (flymake-diagnostic-beg first) (flymake-diagnostic-end first))))
    (let ((hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams))))
      (setq result (plist-put result :hover (plist-get (plist-get hover :contents) :value))))
    (let* ((actions (eglot-code-actions (point) (point)))
           (titles (mapcar (lambda (action) (plist-get action :title)) actions))
           (wanted (seq-find (lambda (action) (string-match-p (plist-get lens-job :fix) (plist-get action :title))) actions)))
      (setq result (plist-put result :actions (vconcat titles)))
      (unless (plist-get wanted :edit)
        (setq wanted (jsonrpc-request server :codeAction/resolve wanted)))
      (eglot--apply-workspace-edit (plist-get wanted :edit))
      (eglot--signal-textDocument/didChange)
      (save-buffer))
    (lens-wait "the diagnostic to go" (lambda () (null (funcall seen))))
    (setq result (plist-put result :gone t))
    (eglot-shutdown server)
    result))

(let ((result (condition-case problem (lens-run) (error (list :problem (error-message-string problem))))))
  (with-temp-file (plist-get lens-job :result) (insert (json-serialize result))))

Feature: A Suspended meter stays closed to ordinary requests
  MP105 opens one door, SR11.2 Read Firmware Version. Every other Non-Critical request to a Suspended meter is
  still rejected. The same request to a twin, which differs in its status alone, is accepted: so the status is
  the reason.

  Background:
    Given an import supplier
    And a gas supplier

  @SCOPE-01
  Scenario Outline: Other non-critical requests to a Suspended meter are still rejected
    Given a Suspended <meter> and a twin that is Commissioned
    When the supplier sends SR<variant> to both
    Then the request to the twin is accepted
    And the request to the Suspended <meter> is rejected for its device status
    And nothing of the rejected request reached the <meter>

    Examples:
      | id          | meter | variant |
      | esme-2.2    | ESME  | 2.2     |
      | gsme-2.2    | GSME  | 2.2     |
      | esme-3.1    | ESME  | 3.1     |
      | gsme-3.1    | GSME  | 3.1     |
      | esme-4.1.1  | ESME  | 4.1.1   |
      | gsme-4.1.1  | GSME  | 4.1.1   |
      | esme-4.3    | ESME  | 4.3     |
      | gsme-4.3    | GSME  | 4.3     |
      | esme-4.8.1  | ESME  | 4.8.1   |
      | gsme-4.8.1  | GSME  | 4.8.1   |
      | esme-4.10   | ESME  | 4.10    |
      | gsme-4.10   | GSME  | 4.10    |
      | esme-6.2.4  | ESME  | 6.2.4   |
      | gsme-6.2.4  | GSME  | 6.2.4   |
      | esme-6.4.2  | ESME  | 6.4.2   |
      | esme-6.13   | ESME  | 6.13    |
      | gsme-6.13   | GSME  | 6.13    |
      | esme-6.24.1 | ESME  | 6.24.1  |
      | gsme-6.24.1 | GSME  | 6.24.1  |
      | esme-7.4    | ESME  | 7.4     |
      | gsme-7.4    | GSME  | 7.4     |
      | esme-8.9    | ESME  | 8.9     |
      | gsme-8.9    | GSME  | 8.9     |

import { Column, CreateDateColumn, Entity, OneToMany, OneToOne, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { AuditLog } from './audit-log';
import { RefreshToken } from './refresh-token';
import { TraktUser } from './trakt-user';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ unique: true })
  username!: string;

  @Column()
  passwordHash!: string;

  @Column({ type: 'simple-enum', enum: ['guest', 'user', 'admin'] })
  role!: string;

  @Column({ default: true })
  isActive!: boolean;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @OneToMany(() => RefreshToken, (token) => token.user)
  refreshTokens!: RefreshToken[];

  @OneToOne(() => TraktUser, (trakt) => trakt.user)
  traktUser!: TraktUser | null;

  @OneToMany(() => AuditLog, (log) => log.user)
  auditLogs!: AuditLog[];
}
